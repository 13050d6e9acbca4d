/** Checking, making keys, signing, the code. */
import { makeKeys as makeInToken } from "./agent.js";
import { post } from "./api.js";
import { summaryRow } from "./cards.js";
import { button, element, find, focusOn, input, once, show } from "./dom.js";
import { call, isRunning, onWiped } from "./keys.js";
import { text } from "./messages.js";
import { go } from "./navigation.js";
import { NewPassword, helpPassword } from "./password.js";
import { Problem, Problems, clearProblems, showError } from "./problem.js";
import { placeProgress, progress, progressEnd } from "./progress.js";
import type { SummaryLine } from "./protocol.js";
import { SigningKey } from "./signing.js";
import { dropPending, keepPending } from "./store.js";
import { shown } from "./summary.js";
import { PKCS12 } from "./token.js";

/** A document that waits for its signature; it outlives a change of language. */
interface Prepared {
  readonly number: string;
  readonly document: string;
  readonly lines: readonly SummaryLine[];
  /** Whether the keys are on the disk too. */
  readonly kept: boolean;
}

let prepared: Prepared | null = null;

interface Page {
  readonly form: HTMLFormElement;
  readonly number: string;
  readonly keystore: string;
  readonly done: string;
}

export async function start(): Promise<void> {
  const form = find("#confirm-form", HTMLFormElement);
  if (form === null) return;
  const { number = "", keystore = "PKCS12", state = "DRAFT", done = "" } = form.dataset;
  const page: Page = { form, number, keystore, done };
  if (state === "ISSUED" || state === "INSTALLED") {
    await go(done);
    return;
  }
  const key = startSigning(page);
  startMaking(page, key);
  startCode(page);
  if (state === "DRAFT" && prepared?.number === number && (await newKeysInMemory()) === number) await showSigning(prepared, key, false);
}

/** Without the keys in memory nothing can be signed: they are made anew. */
function startAnew(): void {
  prepared = null;
  if (element("signing")?.hidden !== false) return;
  show(element("signing"), false);
  show(element("make-section"), true);
}

onWiped(startAnew);

async function newKeysInMemory(): Promise<string | null> {
  return isRunning() ? call("newKeys", {}) : null;
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

function startMaking(page: Page, key: SigningKey): void {
  const field = helpPassword("new-password");
  const repeat = helpPassword("new-password-repeat");
  // A token has its PIN; the page that makes keys in one asks for no password.
  const password = field === null ? null : new NewPassword(field, repeat, element("password-strength"));
  page.form.addEventListener("submit", (event) => {
    event.preventDefault();
    void once(button("confirm"), () => guarded(() => makeKeys(page, password, key)));
  });
}

async function makeKeys(page: Page, newPassword: NewPassword | null, key: SigningKey): Promise<void> {
  const unticked = input("correct")?.checked === true ? [] : [Problem.of("tick-correct", {}, "correct")];
  if (page.keystore !== PKCS12) Problems.throwAny(unticked);
  if (page.keystore !== PKCS12) {
    await makeKeysInToken(page, key);
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
    const { document } = await post<{ document: string }>(`/applications/${number}/requests`, { requests: keys.requests });
    const lines = await call("summary", { document });
    checkDocument(lines, page);
    prepared = { number, document, lines, kept };
  } catch (error) {
    if (kept) await dropPending([id]).catch(() => undefined);
    throw error;
  }
  newPassword.clear();
  progressEnd();
  await showSigning(prepared, key, true);
}

/** The keys never leave the token: nothing is kept here, and nothing can be lost. */
async function makeKeysInToken(page: Page, key: SigningKey): Promise<void> {
  placeProgress(button("confirm"));
  progress("progress-agent");
  const { number, keystore } = page;
  const requests = (await makeInToken(keystore)).map(({ request }) => request);
  await call("takeRequests", { number, requests });
  progress("progress-requests");
  const { document } = await post<{ document: string }>(`/applications/${number}/requests`, { requests });
  const lines = await call("summary", { document });
  checkDocument(lines, page);
  await call("checkDocument", { document, number });
  prepared = { number, document, lines, kept: true };
  progressEnd();
  await showSigning(prepared, key, true);
}

/** What comes back must be what was filled in. The keys in it are checked by the worker before it signs. */
function checkDocument(lines: readonly SummaryLine[], page: Page): void {
  const value = (key: string): string | undefined => lines.find((line) => line.key === key)?.value;
  const wanted: Readonly<Record<string, string>> = {
    "summary-number": page.number,
    "summary-keystore": page.keystore,
    "summary-origin": location.origin,
  };
  for (const [key, expected] of Object.entries(wanted)) {
    if (value(key) !== expected) throw Problem.of("document-changed", { field: text(key) });
  }
}

async function showSigning(work: Prepared, key: SigningKey, moveFocus: boolean): Promise<void> {
  element("document-summary")?.replaceChildren(...work.lines.map((line) => summaryRow(text(line.key), shown(line))));
  show(element("make-section"), false);
  show(element("signing"), true);
  await key.show();
  if (!work.kept) {
    const line = element("signing-key");
    if (line !== null) line.textContent = `${line.textContent ?? ""} ${text("install-storage-lost")}`.trim();
  }
  if (moveFocus) focusOn(element("signing-title"));
}

/** Whose signature is wanted, as the document says. */
function applicantIin(): string | null {
  return prepared?.lines.find(({ key }) => key === "summary-iin")?.value ?? null;
}

function startSigning(page: Page): SigningKey {
  const key: SigningKey = new SigningKey({
    owner: applicantIin,
    button: "sign",
    byFile: () => guarded(() => sign(page, key)),
    byToken: () => guarded(() => signByToken(page, key)),
  });
  return key;
}

/** The document that waits, if the new keys are still in memory. */
async function workOf(page: Page): Promise<Prepared> {
  const work = prepared;
  if (work === null || work.number !== page.number || (await newKeysInMemory()) !== page.number) {
    startAnew();
    throw Problem.of("keys-wiped", {}, "new-password");
  }
  return work;
}

async function sign(page: Page, key: SigningKey): Promise<void> {
  const work = await workOf(page);
  placeProgress(button("sign"));
  const { id } = await key.ofFile();
  progress("progress-signing");
  const signature = await call("signDocument", { entry: id, document: work.document, number: work.number });
  await send(page, work, signature);
}

/** The old key is in a token: its owner says yes in the agent's dialog. */
async function signByToken(page: Page, key: SigningKey): Promise<void> {
  const work = await workOf(page);
  await call("checkDocument", { document: work.document, number: work.number });
  await send(page, work, await key.byToken(work.document));
}

async function send(page: Page, work: Prepared, signature: string): Promise<void> {
  const answer = await post<{ state: string; email_hint?: string }>(`/applications/${work.number}/signature`, { signature });
  prepared = null;
  progressEnd();
  if (answer.state !== "AWAITING_2FA") {
    await go(page.done);
    return;
  }
  showCode(answer.email_hint ?? null);
}

function showCode(address: string | null): void {
  show(element("signing"), false);
  show(element("make-section"), false);
  show(element("code-section"), true);
  const line = element("code-sent");
  if (line !== null && address !== null && address !== "") line.textContent = text("code-sent", { address });
  focusOn(element("code-title"));
}

function startCode(page: Page): void {
  find("#code-form", HTMLFormElement)?.addEventListener("submit", (event) => {
    event.preventDefault();
    void once(button("code-submit"), () => guarded(() => sendCode(page)));
  });
  find("#code-resend-form", HTMLFormElement)?.addEventListener("submit", (event) => {
    event.preventDefault();
    void once(button("code-resend"), () => guarded(() => resend(page)));
  });
}

/** What another code, or the same one typed with care, would mend; nothing else is the field's fault. */
const ABOUT_THE_CODE: ReadonlySet<string> = new Set(["wrong-code", "code-malformed", "code-expired", "codes-paused"]);

/** What leaves nothing to type: the application's own page says where it stands, and nothing can be typed here any more. */
const ENDED: ReadonlySet<string> = new Set(["too-many-codes", "application-rejected", "person-died", "data-changed", "authority-unfit"]);

/** What only keeps a confirmed application waiting: its own page says for what, and the code counts. */
const WAITS: ReadonlySet<string> = new Set(["issuance-stopped", "issuance-delayed"]);

async function sendCode(page: Page): Promise<void> {
  const field = input("code");
  const code = (field?.value ?? "").replace(/[\s-]/g, "");
  if (!/^\d{6}$/.test(code)) throw Problem.of("code-format", {}, "code");
  placeProgress(button("code-submit"));
  progress("progress-code");
  try {
    await post(`/applications/${page.number}/code`, { code });
  } catch (error) {
    if (error instanceof Problem && (ENDED.has(error.code) || WAITS.has(error.code))) {
      progressEnd();
      await go(page.done);
      if (WAITS.has(error.code)) return;
      throw error;
    }
    field?.select();
    throw error instanceof Problem && error.field === null && ABOUT_THE_CODE.has(error.code) ? error.at("code") : error;
  }
  progressEnd();
  await go(page.done);
}

async function resend(page: Page): Promise<void> {
  const control = button("code-resend");
  const { wait_seconds: seconds = 60 } = await post<{ wait_seconds?: number }>(
    `/applications/${page.number}/code/resend`,
    {},
  );
  const status = element("code-status");
  if (status !== null) status.textContent = `${text("code-resent")}. ${text("code-wait", { seconds })}`;
  if (control === null) return;
  control.disabled = true;
  setTimeout(() => {
    control.disabled = false;
  }, seconds * 1000);
  input("code")?.focus();
}
