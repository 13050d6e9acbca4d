/** A choice of a token on a page: whether it can be used now, and why not. */
import { look } from "./agent.js";
import { button, element, onClick } from "./dom.js";
import { text } from "./messages.js";
import { problemOf } from "./problem.js";

export const PKCS12 = "PKCS12";

export class TokenStatus {
  readonly #changed: (ready: boolean) => void;
  #turn = 0;
  #storage = PKCS12;

  constructor(changed: (ready: boolean) => void) {
    this.#changed = changed;
    onClick(button("agent-retry"), () => this.look(this.#storage));
  }

  /** Looks for the agent and a token of this kind, and says what it found. */
  async look(storage: string): Promise<void> {
    this.#storage = storage;
    this.#turn += 1;
    const turn = this.#turn;
    if (storage === PKCS12) return;
    this.#say(text("agent-looking"), "looking");
    this.#changed(false);
    try {
      await look(storage);
      if (turn !== this.#turn) return;
      this.#say(text("agent-ready", { keystore: text(`keystore-${storage}`) }), "ready");
      this.#changed(true);
    } catch (error) {
      if (turn !== this.#turn) return;
      const { code, message } = problemOf(error);
      this.#say(message, code);
    }
  }

  #say(sentence: string, state: string): void {
    const line = element("agent-status");
    if (line === null) return;
    line.textContent = sentence;
    line.dataset["state"] = state;
  }
}

/** The kind of token that the person signed in with, as long as the document lives. */
let signedInWith: string | null = null;

export function rememberToken(storage: string | null): void {
  signedInWith = storage;
}

export function signInToken(): string | null {
  return signedInWith;
}
