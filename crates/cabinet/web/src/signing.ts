/** The key that signs a document: of a file that is open or is opened now, or in a token. */
import { SIGNATURE_USAGE, sign as signInToken } from "./agent.js";
import { now } from "./api.js";
import { best, distinct, purposeText, unsuitable } from "./cards.js";
import { Chooser } from "./chooser.js";
import { button, element, find, input, once, onClick, show } from "./dom.js";
import { call, isRunning } from "./keys.js";
import { grouped, text } from "./messages.js";
import { helpPassword } from "./password.js";
import { Problem, clearProblems } from "./problem.js";
import { placeProgress, progress } from "./progress.js";
import type { Entry } from "./protocol.js";
import { PKCS12, signInToken as tokenOfSignIn } from "./token.js";

export interface SigningActions {
  /** Whose key, by the personal number in its certificate. */
  readonly owner: () => string | null;
  /** Id of the button that signs by a file. */
  readonly button: string;
  /** Signs by a file, and by the token that was chosen. */
  readonly byFile: () => Promise<void>;
  readonly byToken: () => Promise<void>;
}

export class SigningKey {
  readonly #owner: () => string | null;
  readonly #chooser: Chooser;
  readonly #storage = find("#signing-storage", HTMLSelectElement);

  constructor({ owner, button: id, byFile, byToken }: SigningActions) {
    this.#owner = owner;
    helpPassword("signing-password");
    const ids = { list: "signing-file-list", input: "signing-files", folder: "signing-folder", files: "signing-choose" };
    this.#chooser = new Chooser(ids, () => {
      clearProblems();
      input("signing-password")?.focus();
    });
    onClick(button(id), byFile);
    input("signing-password")?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      void once(button(id), byFile);
    });
    const token = tokenOfSignIn();
    if (this.#storage !== null && token !== null) {
      this.#storage.value = token;
      this.#storage.closest("details")?.setAttribute("open", "");
    }
    onClick(button("sign-token"), byToken);
  }

  /** Says which open key will sign; where there is none, files can be chosen. */
  async show(): Promise<Entry | null> {
    const entries = isRunning() ? distinct(await call("entries", {})) : [];
    const key = best(entries, "sign", this.#owner());
    show(element("signing-key-section"), key === null);
    const line = element("signing-key");
    if (line !== null) {
      const values = { purpose: key === null ? "" : purposeText(key), owner: key?.owner ?? "", serial: grouped(key?.serial ?? "") };
      line.textContent = key === null ? "" : text("signing-key-chosen", values);
    }
    return key;
  }

  /** The key of a file. */
  async ofFile(): Promise<Entry> {
    return (await this.show()) ?? (await this.#open());
  }

  /** The signature by the chosen token: CMS, base64. What is signed was checked before. */
  async byToken(document: string): Promise<string> {
    placeProgress(button("sign-token"));
    progress("progress-agent");
    return signInToken({ storage: this.#storage?.value ?? PKCS12, document, usage: SIGNATURE_USAGE, iin: this.#owner() });
  }

  async #open(): Promise<Entry> {
    const field = input("signing-password");
    let entries: readonly Entry[];
    try {
      entries = distinct(await this.#chooser.open(field?.value ?? ""));
    } catch (error) {
      if (error instanceof Problem && error.code === "files-none-opened") throw error.at("signing-password");
      throw error;
    }
    const key = best(entries, "sign", this.#owner());
    if (key === null) throw this.#unsuitable(entries);
    if (field !== null) field.value = "";
    await this.show();
    return key;
  }

  /** Why none of the opened keys can sign: other files are needed, or new keys. */
  #unsuitable(entries: readonly Entry[]): Problem {
    const owner = this.#owner();
    const field = "signing-choose";
    if (owner !== null && entries.length > 0 && entries.every(({ iin }) => iin !== null && iin !== owner)) {
      return Problem.of("keys-of-another", {}, field);
    }
    const [only, ...others] = new Set(entries.map((entry) => unsuitable(entry, "sign", owner)));
    // That it is for signing in says no more than that it is not for signing.
    const told = others.length === 0 && typeof only === "string" && only !== text("key-for-authentication");
    const over = entries.some(({ notAfter }) => notAfter !== null && now() > notAfter);
    return new Problem(over ? "no-signing-key" : "signing-key-elsewhere", text("no-signing-key") + (told ? `: ${only}` : ""), { field });
  }
}
