/** Deciding at the desk: a form, the document that it leads to in plain words, the signature. */
import { post } from "./api.js";
import { summaryRow } from "./cards.js";
import { button, element, find, focusOn, once, onClick, show } from "./dom.js";
import { call } from "./keys.js";
import { dateTime, grouped, text } from "./messages.js";
import { go, refresh } from "./navigation.js";
import { Problem, clearProblems, showError } from "./problem.js";
import { placeProgress, progress, progressEnd } from "./progress.js";
import type { SummaryLine } from "./protocol.js";
import { personIin } from "./session.js";
import { SigningKey } from "./signing.js";

/** The document that waits for its signature, and what it is about. */
interface Prepared {
  readonly document: string;
  readonly about: string;
  /** Where the signature goes. */
  readonly address: string;
}

/** Where orders of administrators are prepared. */
const ORDERS = "/desk/orders";

/** Problems after which an application is not as the page shows it. */
const OUTDATED: ReadonlySet<string> = new Set([
  "desk-application-cancelled",
  "desk-application-decided",
  "desk-application-expired",
  "desk-changed-meanwhile",
]);

type Field = string | number | boolean | string[];

export async function start(): Promise<void> {
  let prepared: Prepared | null = null;
  const guarded = async (action: () => Promise<void>): Promise<void> => {
    try {
      clearProblems();
      await action();
    } catch (error) {
      progressEnd();
      // Somebody was faster: what stands on the page is so no more, and nothing of it can be decided.
      if (error instanceof Problem && OUTDATED.has(error.code)) await refresh().catch(() => undefined);
      showError(error);
    }
  };
  const withPrepared = (work: (prepared: Prepared) => Promise<void>) => (): Promise<void> =>
    guarded(async () => {
      if (prepared !== null) await work(prepared);
    });
  const key: SigningKey = new SigningKey({
    owner: personIin,
    button: "desk-sign",
    byFile: withPrepared((work) => signByFile(work, key)),
    byToken: withPrepared((work) => signByToken(work, key)),
  });
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-desk-call]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const pressed = find('button[type="submit"]', HTMLButtonElement, form);
      void once(pressed, () =>
        guarded(async () => {
          prepared = await prepare(form, pressed, key);
        }),
      );
    });
  }
  onClick(button("desk-change"), async () => {
    prepared = null;
    clearProblems();
    show(element("signing"), false);
    show(element("desk-forms"), true);
  });
}

async function prepare(form: HTMLFormElement, pressed: HTMLButtonElement | null, key: SigningKey): Promise<Prepared> {
  const address = form.dataset["deskCall"] ?? "";
  const asked = fields(form);
  const { serials } = asked;
  if (Array.isArray(serials) && serials.length === 0) throw Problem.of("desk-nothing-chosen", {}, "serial-1");
  for (const choice of form.querySelectorAll<HTMLSelectElement>("select[required]")) {
    if (choice.value === "") throw Problem.of("desk-reason-missing", {}, choice.id);
  }
  placeProgress(pressed);
  progress("progress-loading");
  const { document, about } = await post<Omit<Prepared, "address">>(address, asked).catch((error: unknown) => {
    throw error instanceof Problem && error.code === "address-invalid" ? error.at("new-email") : error;
  });
  // Orders of administrators are signed at an address of their own.
  const isOrder = address === ORDERS;
  // The answer is about what this form was about, or nothing is signed.
  if (about !== form.dataset["deskAbout"]) throw Problem.of("document-changed", { field: text(isOrder ? "summary-issuer" : "summary-person") });
  const lines = await call("decisionSummary", { document });
  element("document-summary")?.replaceChildren(...lines.map((line) => summaryRow(text(line.key), shown(line))));
  progressEnd();
  show(element("desk-forms"), false);
  show(element("signing"), true);
  await key.show();
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
    case "summary-serial":
      return grouped(value);
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

async function signByFile({ document, about, address }: Prepared, key: SigningKey): Promise<void> {
  placeProgress(button("desk-sign"));
  const { id } = await key.ofFile();
  progress("progress-deciding");
  await send(address, await call("signDecision", { entry: id, document, about }));
}

/** The key is in a token: what it is given to sign is checked here, and its owner says yes in the agent's dialog. */
async function signByToken({ document, about, address }: Prepared, key: SigningKey): Promise<void> {
  await call("checkDecision", { document, about });
  await send(address, await key.byToken(document));
}

async function send(address: string, signature: string): Promise<void> {
  const { next } = await post<{ next: string }>(address, { signature });
  progressEnd();
  await go(next);
}
