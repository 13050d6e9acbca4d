/** Deciding at the desk: a form, the document that it leads to in plain words, the signature. */
import { post } from "./api.js";
import { best, distinct, purposeText, summaryRow, unsuitable } from "./cards.js";
import { Chooser } from "./chooser.js";
import { button, element, find, focusOn, input, once, onClick, show } from "./dom.js";
import { call, isRunning } from "./keys.js";
import { dateTime, text } from "./messages.js";
import { go } from "./navigation.js";
import { helpPassword } from "./password.js";
import { Problem, clearProblems, showError } from "./problem.js";
import { placeProgress, progress, progressEnd } from "./progress.js";
import type { Entry, SummaryLine } from "./protocol.js";
import { personIin } from "./session.js";

/** The document that waits for its signature, and what it is about. */
interface Prepared {
  readonly document: string;
  readonly about: string;
  /** Where the signature goes. */
  readonly address: string;
}

/** Where orders of administrators are prepared. */
const ORDERS = "/desk/orders";

type Field = string | number | boolean | string[];

export async function start(): Promise<void> {
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
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-desk-call]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const pressed = find('button[type="submit"]', HTMLButtonElement, form);
      void once(pressed, () =>
        guarded(async () => {
          prepared = await prepare(form, pressed);
        }),
      );
    });
  }
  onClick(button("desk-sign"), trySigning);
  onClick(button("desk-change"), async () => {
    prepared = null;
    clearProblems();
    show(element("signing"), false);
    show(element("desk-forms"), true);
  });
  input("signing-password")?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    void once(button("desk-sign"), trySigning);
  });
}

async function prepare(form: HTMLFormElement, pressed: HTMLButtonElement | null): Promise<Prepared> {
  const address = form.dataset["deskCall"] ?? "";
  const asked = fields(form);
  const { serials } = asked;
  if (Array.isArray(serials) && serials.length === 0) throw Problem.of("desk-nothing-chosen", {}, "serial-1");
  placeProgress(pressed);
  progress("progress-loading");
  const { document, about } = await post<Omit<Prepared, "address">>(address, asked);
  // Orders of administrators are signed at an address of their own.
  const isOrder = address === ORDERS;
  // The answer is about what this form was about, or nothing is signed.
  if (about !== form.dataset["deskAbout"]) throw Problem.of("document-changed", { field: text(isOrder ? "summary-issuer" : "summary-person") });
  const lines = await call("decisionSummary", { document });
  element("document-summary")?.replaceChildren(...lines.map((line) => summaryRow(text(line.key), shown(line))));
  progressEnd();
  show(element("desk-forms"), false);
  show(element("signing"), true);
  await showSigningKey();
  focusOn(element("signing-title"));
  return { document, about, address: isOrder ? `${ORDERS}/signature` : "/desk/signature" };
}

/** The fields of a form as the API takes them; ticked boxes of one name are a list. */
function fields(form: HTMLFormElement): Record<string, Field> {
  const values: Record<string, Field> = {};
  for (const control of form.querySelectorAll<HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>("[name]")) {
    const { name, value } = control;
    if (control instanceof HTMLInputElement && control.type === "checkbox") {
      const list = values[name];
      const ticked = Array.isArray(list) ? list : [];
      if (control.checked) ticked.push(value);
      values[name] = ticked;
    } else if (control.dataset["number"] !== undefined) values[name] = Number(value);
    else if (control.dataset["flag"] !== undefined) values[name] = value === "true";
    else values[name] = value.trim();
  }
  return values;
}

/** A value of the document as people write it. */
function shown({ key, value }: SummaryLine): string {
  if (value === "") return text(key === "summary-profile" ? "summary-profile-all" : "summary-none");
  switch (key) {
    case "summary-act":
      return text(`act-${value}`);
    case "summary-step":
      return text(`decision-step-${value}`);
    case "summary-created":
      return dateTime(Date.parse(value) / 1000);
    case "summary-identification":
      return text(`identification-${value}`);
    case "summary-decision-reason":
      return text(`decision-reason-${value}`);
    case "summary-role":
      return text(`role-${value}`);
    case "summary-centre":
      return element("signing")?.dataset["centre"] ?? value;
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

async function sign({ document, about, address }: Prepared, chooser: Chooser): Promise<void> {
  placeProgress(button("desk-sign"));
  const key = (await showSigningKey()) ?? (await openSigningKey(chooser));
  progress("progress-deciding");
  const signature = await call("signDecision", { entry: key.id, document, about });
  const { next } = await post<{ next: string }>(address, { signature });
  progressEnd();
  await go(next);
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
