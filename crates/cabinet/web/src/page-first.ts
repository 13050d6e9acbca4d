/** First keys: the proof of work beside who one is, and keys, document and signature at the end. */
import { makeKeys as makeInToken, signWaiting } from "./agent.js";
import { get, post } from "./api.js";
import { button, element, find, focusOn, input, once, onClick, show } from "./dom.js";
import { iinFault } from "./iin.js";
import { call, isRunning, onWiped } from "./keys.js";
import { text } from "./messages.js";
import { go, send } from "./navigation.js";
import { narrowSettlements } from "./page-reissue.js";
import { NewPassword, helpPassword } from "./password.js";
import { Problem, Problems, clearProblems, showError } from "./problem.js";
import { placeProgress, progress, progressEnd } from "./progress.js";
import type { SummaryLine } from "./protocol.js";
import { dropPending, keepPending } from "./store.js";
import { summaryRow } from "./cards.js";
import { shown } from "./summary.js";
import { PKCS12 } from "./token.js";

/** A document that waits for its signature; it outlives a change of language. */
interface Prepared {
  readonly number: string;
  readonly document: string;
  readonly lines: readonly SummaryLine[];
  /** Whether the keys are on the disk or in a token too. */
  readonly kept: boolean;
  /** The signing key, when it is in a token. */
  readonly keyId: string | null;
}

let prepared: Prepared | null = null;

interface Page {
  readonly form: HTMLFormElement;
  readonly number: string;
  readonly keystore: string;
  readonly done: string;
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

/** Another application with what was typed: it costs as much work as the first one. */
export async function startAgain(): Promise<void> {
  const form = find("#first-again-form", HTMLFormElement);
  if (form === null) return;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    void once(button("first-again"), () => guarded(() => sendWithWork(form, "first-again")));
  });
}

/** Who one is: the number is checked here first, then the browser works before the register is asked. */
export async function startPerson(): Promise<void> {
  const form = find("#first-person-form", HTMLFormElement);
  if (form === null) return;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    void once(button("first-person"), () => guarded(() => askRegister(form)));
  });
}

/** Names that everybody has, and what is said where one is missing. */
const NAMES = [
  ["surname", "field-surname"],
  ["given_name", "field-given-name"],
] as const;

async function askRegister(form: HTMLFormElement): Promise<void> {
  const fault = iinFault(input("iin")?.value ?? "");
  const faults = fault === null ? [] : [Problem.of(fault, {}, "iin")];
  for (const [name, key] of NAMES) {
    if ((input(name)?.value ?? "").trim() === "") faults.push(Problem.of(key, {}, name));
  }
  Problems.throwAny(faults);
  await sendWithWork(form, "first-person");
}

/** Works, and sends a form with the proof of it. */
async function sendWithWork(form: HTMLFormElement, beside: string): Promise<void> {
  placeProgress(button(beside));
  progress("progress-work");
  const { challenge } = await get<{ challenge: string }>("/first/work");
  const number = await call("solveWork", { challenge });
  const set = (name: string, value: string): void => {
    const field = find(`input[name="${name}"]`, HTMLInputElement, form);
    if (field !== null) field.value = value;
  };
  set("challenge", challenge);
  set("solution", number);
  await send(form);
  progressEnd();
}

export async function startPlace(): Promise<void> {
  narrowSettlements();
}

/** Everything once more, keys, signature. */
export async function startConfirm(): Promise<void> {
  const form = find("#first-form", HTMLFormElement);
  if (form === null) return;
  const { number = "", keystore = "PKCS12", done = "" } = form.dataset;
  const page: Page = { form, number, keystore, done };
  const field = helpPassword("new-password");
  const repeat = helpPassword("new-password-repeat");
  // A token has its PIN; the page that makes keys in one asks for no password.
  const password = field === null ? null : new NewPassword(field, repeat, element("password-strength"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void once(button("confirm"), () => guarded(() => makeKeys(page, password)));
  });
  onClick(button("sign"), () => guarded(() => apply(page)));
  if (prepared?.number === number && (await newKeysInMemory()) === number) showSigning(prepared, false);
}

/** Without the keys in memory nothing can be signed: they are made anew. */
function startAnew(): void {
  prepared = null;
  if (find("#first-form", HTMLFormElement) === null || element("signing")?.hidden !== false) return;
  show(element("signing"), false);
  show(element("make-section"), true);
}

onWiped(startAnew);

async function newKeysInMemory(): Promise<string | null> {
  return isRunning() ? call("newKeys", {}) : null;
}

async function makeKeys(page: Page, newPassword: NewPassword | null): Promise<void> {
  const unticked = input("correct")?.checked === true ? [] : [Problem.of("tick-correct", {}, "correct")];
  if (page.keystore !== PKCS12) Problems.throwAny(unticked);
  if (page.keystore !== PKCS12) {
    await makeKeysInToken(page);
    return;
  }
  if (newPassword === null) return;
  const password = await newPassword.checked(unticked);
  placeProgress(button("confirm"));
  progress("progress-loading");
  const { number, keystore } = page;
  const keys = await call("makeKeys", { number, keystore, password });
  // Kept on the disk before the server hears of them: from here on a power cut loses nothing.
  const id = crypto.randomUUID();
  const created = Math.floor(Date.now() / 1000);
  const kept = await keepPending({ id, number, created, locked: keys.locked }).then(
    () => true,
    () => false,
  );
  progress("progress-requests");
  try {
    const answer = await post<{ number: string; document: string }>("/first/requests", { requests: keys.requests });
    const lines = await call("summary", { document: answer.document });
    checkDocument(lines, page);
    prepared = { number, document: answer.document, lines, kept, keyId: null };
  } catch (error) {
    if (kept) await dropPending([id]).catch(() => undefined);
    throw error;
  }
  newPassword.clear();
  progressEnd();
  showSigning(prepared, true);
}

/** The keys never leave the token: nothing is kept here, and nothing can be lost. */
async function makeKeysInToken(page: Page): Promise<void> {
  placeProgress(button("confirm"));
  progress("progress-agent");
  const { number, keystore } = page;
  const made = await makeInToken(keystore);
  const requests = made.map(({ request }) => request);
  await call("takeRequests", { number, requests });
  progress("progress-requests");
  const { document } = await post<{ document: string }>("/first/requests", { requests });
  const lines = await call("summary", { document });
  checkDocument(lines, page);
  await call("checkDocument", { document, number });
  prepared = { number, document, lines, kept: true, keyId: made[1]?.keyId ?? "" };
  progressEnd();
  showSigning(prepared, true);
}

/** What comes back must be what was filled in. The keys in it are checked by the worker before it signs. */
function checkDocument(lines: readonly SummaryLine[], page: Page): void {
  const value = (key: string): string | undefined => lines.find((line) => line.key === key)?.value;
  const wanted: Readonly<Record<string, string>> = {
    "summary-kind": "first",
    "summary-number": page.number,
    "summary-keystore": page.keystore,
    "summary-origin": location.origin,
  };
  for (const [key, expected] of Object.entries(wanted)) {
    if (value(key) !== expected) throw Problem.of("document-changed", { field: text(key) });
  }
}

function showSigning(work: Prepared, moveFocus: boolean): void {
  element("document-summary")?.replaceChildren(...work.lines.map((line) => summaryRow(text(line.key), shown(line))));
  show(element("make-section"), false);
  show(element("signing"), true);
  const note = element("signing-note");
  if (note !== null) note.textContent = work.kept ? "" : text("install-storage-lost");
  if (moveFocus) focusOn(element("signing-title"));
}

async function apply(page: Page): Promise<void> {
  const work = prepared;
  if (work === null || work.number !== page.number || (await newKeysInMemory()) !== page.number) {
    startAnew();
    throw Problem.of("keys-wiped", {}, "new-password");
  }
  placeProgress(button("sign"));
  const signature = await signatureOf(work, page);
  await post("/first/signature", { signature });
  prepared = null;
  await call("forget", {});
  progressEnd();
  await go(page.done);
}

/** By the new signing key: here, or in the token, where its owner says yes in the agent's dialog. */
async function signatureOf({ document, number, keyId }: Prepared, { keystore }: Page): Promise<string> {
  if (keyId === null) {
    progress("progress-signing");
    return call("signFirst", { document, number });
  }
  progress("progress-agent");
  await call("checkDocument", { document, number });
  return signWaiting(keystore, keyId, document);
}
