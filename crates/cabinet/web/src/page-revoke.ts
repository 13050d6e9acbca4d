/** Revoking one's own certificates: what is chosen, the document in plain words, the signature. */
import { post } from "./api.js";
import { best, distinct, keystoreText, purposeText, summaryRow, unsuitable } from "./cards.js";
import { Chooser } from "./chooser.js";
import { button, element, find, focusOn, input, make, once, onClick, show } from "./dom.js";
import { call, isRunning } from "./keys.js";
import { dateTime, text } from "./messages.js";
import { helpPassword } from "./password.js";
import { Problem, clearProblems, showError, showProblems } from "./problem.js";
import { placeProgress, progress, progressEnd } from "./progress.js";
import type { Entry, SummaryLine } from "./protocol.js";
import { personIin } from "./session.js";

/** What was chosen, and the document that waits for its signature. */
interface Prepared {
  readonly serials: readonly string[];
  readonly event: string;
  readonly document: string;
}

interface Revoked {
  readonly revoked: readonly string[];
  readonly reason: string;
  readonly signed_out: boolean;
}

export async function start(): Promise<void> {
  const form = find("#revoke-form", HTMLFormElement);
  if (form === null) return;
  let prepared: Prepared | null = null;
  helpPassword("signing-password");
  const ids = { list: "signing-file-list", input: "signing-files", folder: "signing-folder", files: "signing-choose" };
  const chooser = new Chooser(ids, () => {
    clearProblems();
    input("signing-password")?.focus();
  });
  const guarded = async (action: () => Promise<void>): Promise<void> => {
    try {
      clearProblems();
      await action();
    } catch (error) {
      progressEnd();
      showError(error);
    }
  };
  const trySigning = (): Promise<void> =>
    guarded(async () => {
      if (prepared !== null) await sign(prepared, chooser);
    });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (element("choose-section")?.hidden === true) return;
    void once(button("revoke-continue"), () =>
      guarded(async () => {
        prepared = await prepare(form);
      }),
    );
  });
  onClick(button("revoke-sign"), trySigning);
  onClick(button("revoke-change"), async () => {
    prepared = null;
    clearProblems();
    show(element("signing"), false);
    show(element("choose-section"), true);
    input("serials")?.focus();
  });
  input("signing-password")?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    void once(button("revoke-sign"), trySigning);
  });
}

/** Everything that is missing is said at once. */
async function prepare(form: HTMLFormElement): Promise<Prepared | null> {
  const ticked = form.querySelectorAll<HTMLInputElement>('input[name="serial"]:checked');
  const serials = [...ticked].map(({ value }) => value);
  const event = find('input[name="event"]:checked', HTMLInputElement, form)?.value;
  const problems: Problem[] = [];
  if (serials.length === 0) problems.push(Problem.of("revoke-choose-none", {}, "serials"));
  if (event === undefined) problems.push(Problem.of("revoke-event-none", {}, "event"));
  if (input("sure")?.checked !== true) problems.push(Problem.of("revoke-tick", {}, "sure"));
  if (problems.length > 0 || event === undefined) {
    showProblems(problems);
    return null;
  }
  placeProgress(button("revoke-continue"));
  progress("progress-loading");
  const { document } = await post<{ document: string }>("/revocations", { serials, event });
  const lines = await call("revocationSummary", { document });
  element("document-summary")?.replaceChildren(...lines.map((line) => summaryRow(text(line.key), shown(line))));
  progressEnd();
  show(element("choose-section"), false);
  show(element("signing"), true);
  await showSigningKey();
  focusOn(element("signing-title"));
  return { serials, event, document };
}

/** A value of the document as people write it. */
function shown({ key, value }: SummaryLine): string {
  if (value === "") return text("summary-none");
  switch (key) {
    case "summary-kind":
      return text(`summary-kind-${value}`);
    case "summary-created":
    case "summary-until":
      return dateTime(Date.parse(value) / 1000);
    case "summary-event":
      return text(`event-${value}`);
    case "summary-reason":
      return text(`reason-${value}`);
    case "summary-certificate":
      return text(`purpose-${value}`);
    case "summary-kept-in":
      return keystoreText(value);
    default:
      return value;
  }
}

async function openedEntries(): Promise<readonly Entry[]> {
  return isRunning() ? distinct(await call("entries", {})) : [];
}

async function showSigningKey(): Promise<Entry | null> {
  const key = best(await openedEntries(), "sign", personIin());
  show(element("signing-key-section"), key === null);
  const line = element("signing-key");
  if (line !== null) {
    const values = { purpose: key === null ? "" : purposeText(key), owner: key?.owner ?? "", serial: key?.serial ?? "" };
    line.textContent = key === null ? "" : text("signing-key-chosen", values);
  }
  return key;
}

async function sign({ serials, event, document }: Prepared, chooser: Chooser): Promise<void> {
  placeProgress(button("revoke-sign"));
  const key = (await showSigningKey()) ?? (await openSigningKey(chooser));
  progress("progress-revoking");
  const signature = await call("signRevocation", { entry: key.id, document, serials, event });
  const done = await post<Revoked>("/revocations/signature", { signature });
  progressEnd();
  showDone(done);
}

async function openSigningKey(chooser: Chooser): Promise<Entry> {
  const field = input("signing-password");
  let entries: readonly Entry[];
  try {
    entries = distinct(await chooser.open(field?.value ?? ""));
  } catch (error) {
    if (error instanceof Problem && error.code === "files-none-opened") throw error.at("signing-password");
    throw error;
  }
  const key = best(entries, "sign", personIin());
  if (key === null) {
    const [only, ...others] = new Set(entries.map((entry) => unsuitable(entry, "sign", personIin())));
    const reason = others.length === 0 && typeof only === "string" ? ` (${only})` : "";
    throw new Problem("no-signing-key", text("no-signing-key") + reason, { field: "signing-choose" });
  }
  if (field !== null) field.value = "";
  return key;
}

/** The page stays as it is: after the sign-in key is revoked there is no other to go to. */
function showDone({ revoked, reason, signed_out }: Revoked): void {
  show(element("revoke-form"), false);
  show(element("done-section"), true);
  const facts = element("revoked-facts");
  if (facts !== null) facts.textContent = text("revoked-count", { count: revoked.length, reason: text(`reason-${reason}`) });
  element("revoked-serials")?.replaceChildren(...revoked.map((serial) => make("li", {}, make("code", { text: serial }))));
  const out = element("revoked-signed-out");
  if (out !== null && signed_out) {
    out.textContent = text("revoked-signed-out");
    out.hidden = false;
  }
  // The revoked keys are of no use any more.
  if (signed_out) void call("forget", {}).catch(() => undefined);
  focusOn(element("done-title"));
}
