/** Signing in: files, password, keys, signature. */
import { SIGN_IN_USAGE, sign } from "./agent.js";
import { learnClock, now, post, serverClockOffset, setCsrf } from "./api.js";
import { best, distinct, selectedKey, showCards, unsuitable } from "./cards.js";
import { Chooser } from "./chooser.js";
import { button, element, find, input, make, once, onClick, show } from "./dom.js";
import { call, isRunning } from "./keys.js";
import { text } from "./messages.js";
import { go } from "./navigation.js";
import { helpPassword } from "./password.js";
import { Problem, clearProblems, showError } from "./problem.js";
import { placeProgress, progress, progressEnd } from "./progress.js";
import type { Entry } from "./protocol.js";
import { rememberPerson } from "./session.js";
import { PKCS12, TokenStatus, rememberToken } from "./token.js";

const CLOCK_TOLERANCE_MILLISECONDS = 5 * 60 * 1000;

let entries: readonly Entry[] = [];

/** Starts the page. */
export async function start(): Promise<void> {
  const form = find("#enter-form", HTMLFormElement);
  if (form === null) return;
  helpPassword("password");
  watchKeystore(form);
  const chooser = new Chooser(
    { list: "file-list", input: "file-input", folder: "choose-folder", files: "choose-files", zone: "drop-zone" },
    () => {
      clearProblems();
      element("key-cards")?.replaceChildren();
      show(element("key-choice"), false);
      input("password")?.focus();
      entries = [];
    },
  );
  onClick(button("refresh-keys"), () => guarded(() => refresh(chooser)));
  input("password")?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    void once(button("refresh-keys"), () => guarded(() => refresh(chooser)));
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void once(button("sign-in"), () => guarded(() => signIn(form, chooser)));
  });
  if (isRunning()) entries = distinct(await call("entries", {}));
  if (entries.length > 0) showCards(entries, "sign-in");
}

async function guarded(action: () => Promise<void>): Promise<void> {
  try {
    clearProblems();
    await action();
  } catch (error) {
    progressEnd();
    showError(error);
  }
}

/** Keys of the personal computer work here; the others need the agent, and the page says what is missing. */
function watchKeystore(form: HTMLFormElement): void {
  const allow = (ready: boolean): void => {
    // A button that could only say that it does nothing is none.
    const signIn = button("sign-in");
    if (signIn !== null) signIn.disabled = !ready;
  };
  const token = new TokenStatus(allow);
  const choose = (): void => {
    const storage = keystore(form);
    const local = storage === PKCS12;
    show(element("pkcs12-section"), local);
    show(element("agent-section"), !local);
    allow(local);
    void token.look(storage);
  };
  for (const radio of form.querySelectorAll('input[name="keystore"]')) radio.addEventListener("change", choose);
  choose();
}

function keystore(form: HTMLFormElement): string {
  return find('input[name="keystore"]:checked', HTMLInputElement, form)?.value ?? PKCS12;
}

async function refresh(chooser: Chooser): Promise<void> {
  const field = input("password");
  const password = field?.value ?? "";
  if (chooser.count === 0) throw Problem.of("files-none", {}, "choose-files");
  // The empty password is a password: files without one open with it.
  await call("forget", {});
  entries = [];
  try {
    entries = distinct(await chooser.open(password));
  } catch (error) {
    if (error instanceof Problem && error.code === "files-none-opened") throw error.at("password");
    throw error;
  }
  if (field !== null) field.value = "";
  showCards(entries, "sign-in");
  warnOfClock();
}

function warnOfClock(): void {
  const offset = serverClockOffset();
  element("clock-warning")?.remove();
  if (Math.abs(offset) < CLOCK_TOLERANCE_MILLISECONDS) return;
  const minutes = Math.round(Math.abs(offset) / 60_000);
  const line = make("p", {
    class: "tanba-input-warning",
    id: "clock-warning",
    text: text("clock-differs", { minutes }),
    attributes: { role: "status" },
  });
  element("key-choice")?.before(line);
}

async function signIn(form: HTMLFormElement, chooser: Chooser): Promise<void> {
  // The desk of a registration centre has a challenge of its own: a signature for one opens nothing at the other.
  const desk = form.dataset["desk"] !== undefined;
  const storage = keystore(form);
  if (storage !== PKCS12) {
    await signInWithToken(form, storage, desk);
    return;
  }
  const typed = input("password")?.value ?? "";
  if (entries.length === 0 || typed !== "") await refresh(chooser);
  const key = selectedKey(entries) ?? best(entries, "sign-in");
  if (key === null) throw missing();
  progress("progress-signing-in");
  await learnClock();
  const door = desk ? "/desk/login" : "/login";
  const { challenge } = await post<{ challenge: string }>(`${door}/challenge`, {});
  const signature = await call("signChallenge", { entry: key.id, challenge, purpose: desk ? "desk" : "login" });
  rememberToken(null);
  await enter(form, door, signature, key.iin);
}

/** The token signs the same challenge; its owner says yes in the agent's dialog. */
async function signInWithToken(form: HTMLFormElement, storage: string, desk: boolean): Promise<void> {
  placeProgress(button("sign-in"));
  progress("progress-agent");
  const door = desk ? "/desk/login" : "/login";
  const { challenge } = await post<{ challenge: string }>(`${door}/challenge`, {});
  await call("checkChallenge", { challenge, purpose: desk ? "desk" : "login", subject: "" });
  const signature = await sign({ storage, document: challenge, usage: SIGN_IN_USAGE });
  rememberToken(storage);
  await enter(form, door, signature, null);
}

async function enter(form: HTMLFormElement, door: string, signature: string, iin: string | null): Promise<void> {
  const answer = await post<{ csrf: string; next: string }>(door, { signature });
  setCsrf(answer.csrf);
  rememberPerson(iin);
  progressEnd();
  const next = form.dataset["next"] ?? "";
  await go(next.startsWith("/") && !next.startsWith("//") ? next : answer.next);
}

/** No key serves: if all fail for one reason, that is what to say. */
function missing(): Problem {
  const reasons = new Set(entries.map((entry) => unsuitable(entry, "sign-in")));
  const [only] = reasons;
  if (reasons.size === 1 && typeof only === "string") {
    const expired = entries.every((entry) => entry.notAfter !== null && entry.notAfter <= now());
    return new Problem(expired ? "key-expired" : "no-authentication-key", capitalised(only), { field: "choose-files" });
  }
  return Problem.of("no-authentication-key", {}, "choose-files");
}

function capitalised(sentence: string): string {
  const [first = "", ...rest] = sentence;
  return first.toLocaleUpperCase(document.documentElement.lang) + rest.join("");
}
