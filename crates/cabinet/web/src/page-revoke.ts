/** Revoking one's own certificates: what is chosen, the document in plain words, the signature. */
import { post } from "./api.js";
import { keystoreText, summaryRow } from "./cards.js";
import { button, element, find, focusOn, input, make, once, onClick, show } from "./dom.js";
import { call } from "./keys.js";
import { dateTime, grouped, text } from "./messages.js";
import { Problem, clearProblems, showError, showProblems } from "./problem.js";
import { placeProgress, progress, progressEnd } from "./progress.js";
import type { SummaryLine } from "./protocol.js";
import { personIin } from "./session.js";
import { SigningKey } from "./signing.js";

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
  const guarded = async (action: () => Promise<void>): Promise<void> => {
    try {
      clearProblems();
      await action();
    } catch (error) {
      progressEnd();
      showError(error);
    }
  };
  const withPrepared = (work: (prepared: Prepared) => Promise<void>) => (): Promise<void> =>
    guarded(async () => {
      if (prepared !== null) await work(prepared);
    });
  const key: SigningKey = new SigningKey({
    owner: personIin,
    button: "revoke-sign",
    byFile: withPrepared((work) => signByFile(work, key)),
    byToken: withPrepared((work) => signByToken(work, key)),
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (element("choose-section")?.hidden === true) return;
    void once(button("revoke-continue"), () =>
      guarded(async () => {
        prepared = await prepare(form, key);
      }),
    );
  });
  onClick(button("revoke-change"), async () => {
    prepared = null;
    clearProblems();
    show(element("signing"), false);
    show(element("choose-section"), true);
    input("serials")?.focus();
  });
}

/** Everything that is missing is said at once. */
async function prepare(form: HTMLFormElement, key: SigningKey): Promise<Prepared | null> {
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
  await key.show();
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
    case "summary-serial":
      return grouped(value);
    case "summary-kept-in":
      return keystoreText(value);
    default:
      return value;
  }
}

async function signByFile({ serials, event, document }: Prepared, key: SigningKey): Promise<void> {
  placeProgress(button("revoke-sign"));
  const { id } = await key.ofFile();
  progress("progress-revoking");
  await send(await call("signRevocation", { entry: id, document, serials, event }));
}

/** The key is in a token: what it is given to sign is checked here, and its owner says yes in the agent's dialog. */
async function signByToken({ serials, event, document }: Prepared, key: SigningKey): Promise<void> {
  await call("checkRevocation", { document, serials, event });
  await send(await key.byToken(document));
}

async function send(signature: string): Promise<void> {
  const done = await post<Revoked>("/revocations/signature", { signature });
  progressEnd();
  showDone(done);
}

/** The page stays as it is: after the sign-in key is revoked there is no other to go to. */
function showDone({ revoked, reason, signed_out }: Revoked): void {
  show(element("revoke-form"), false);
  show(element("done-section"), true);
  const facts = element("revoked-facts");
  if (facts !== null) facts.textContent = text("revoked-count", { count: revoked.length, reason: text(`reason-${reason}`) });
  element("revoked-serials")?.replaceChildren(...revoked.map((serial) => make("li", {}, make("code", { text: grouped(serial) }))));
  const out = element("revoked-signed-out");
  if (out !== null && signed_out) {
    out.textContent = text("revoked-signed-out");
    out.hidden = false;
  }
  // The revoked keys are of no use any more.
  if (signed_out) void call("forget", {}).catch(() => undefined);
  focusOn(element("done-title"));
}
