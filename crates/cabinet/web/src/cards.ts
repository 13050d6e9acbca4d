/** Key cards: one for each key of the opened files, the unsuitable ones greyed with the reason. */
import { now } from "./api.js";
import { element, find, make } from "./dom.js";
import { date, daysBetween, grouped, hasText, text } from "./messages.js";
import { localised } from "./problem.js";
import type { Entry } from "./protocol.js";

/** What a key is wanted for. */
export type Wanted = "sign-in" | "sign";

/** Why the key does not serve, in the reader's language; `null` when it does. */
export function unsuitable(entry: Entry, wanted: Wanted, iin: string | null = null): string | null {
  if (entry.problem !== null) return text(entry.problem, localised(entry.values));
  if (entry.notBefore === null || entry.notAfter === null) return text("key-no-certificate");
  if (entry.purpose === "other" || entry.purpose === "certification-authority" || entry.purpose === null) {
    return text("key-not-personal");
  }
  const at = now();
  if (at > entry.notAfter) return text("key-expired", { date: date(entry.notAfter) });
  if (at < entry.notBefore) return text("key-not-yet-valid", { date: date(entry.notBefore) });
  if (wanted === "sign-in" && entry.purpose === "signature") return text("key-for-signing");
  if (wanted === "sign" && entry.purpose === "authentication") return text("key-for-authentication");
  if (iin !== null && entry.iin !== null && entry.iin !== iin) return text("key-other-person");
  return null;
}

/** The key to take where the person has not chosen: a suitable one, the one that is valid longest. */
export function best(entries: readonly Entry[], wanted: Wanted, iin: string | null = null): Entry | null {
  const suitable = entries.filter((entry) => unsuitable(entry, wanted, iin) === null);
  suitable.sort((a, b) => (b.notAfter ?? 0) - (a.notAfter ?? 0));
  return suitable[0] ?? null;
}

/** Keys that are the same although they lie in several files: the first one stands for all. */
export function distinct(entries: readonly Entry[]): readonly Entry[] {
  const seen = new Set<string>();
  return entries.filter((entry) => {
    if (entry.serial === null) return true;
    const name = `${entry.serial} ${entry.issuer ?? ""}`;
    if (seen.has(name)) return false;
    seen.add(name);
    return true;
  });
}

/** When the key was issued that replaces this one: for the same thing, in the same keystore, of the same person. */
export function replacedAt(entry: Entry, entries: readonly Entry[]): number | null {
  const valid = ({ problem, notBefore, notAfter }: Entry): boolean =>
    problem === null && notBefore !== null && notAfter !== null && notBefore <= now() && now() <= notAfter;
  if (!valid(entry)) return null;
  const newer = entries.filter(
    (other) =>
      valid(other) &&
      other.purpose === entry.purpose &&
      other.keystore === entry.keystore &&
      other.iin === entry.iin &&
      other.owner === entry.owner &&
      other.issuer === entry.issuer &&
      (other.notBefore ?? 0) > (entry.notBefore ?? 0),
  );
  return newer.length === 0 ? null : Math.max(...newer.map(({ notBefore }) => notBefore ?? 0));
}

export function purposeText(entry: Entry): string {
  return text(`purpose-${entry.purpose ?? "other"}`);
}

function daysText(notAfter: number): string {
  const days = daysBetween(now(), notAfter);
  return now() <= notAfter ? text("days-left", { days }) : text("days-expired", { days: Math.abs(days) });
}

/** Shows the cards, suitable keys first; the best one is selected. */
export function showCards(entries: readonly Entry[], wanted: Wanted): void {
  const container = element("key-cards");
  const template = find("#key-card-template", HTMLTemplateElement);
  if (container === null || template === null) return;
  const order = (entry: Entry): number => (unsuitable(entry, wanted) === null ? 0 : 1);
  const sorted = [...entries].sort((a, b) => order(a) - order(b));
  const chosen = best(entries, wanted);
  container.replaceChildren(
    ...sorted.map((entry) => card(template, entry, { wanted, checked: entry.id === chosen?.id, replaced: replacedAt(entry, entries) })),
  );
  const choice = element("key-choice");
  if (choice !== null) choice.hidden = entries.length === 0;
}

/** The key that is selected on the page. */
export function selectedKey(entries: readonly Entry[]): Entry | null {
  const radio = find('#key-cards input[name="key"]:checked', HTMLInputElement);
  return entries.find((entry) => radio !== null && String(entry.id) === radio.value) ?? null;
}

interface CardState {
  readonly wanted: Wanted;
  readonly checked: boolean;
  /** When a newer one was issued in its place. */
  readonly replaced: number | null;
}

function card(template: HTMLTemplateElement, entry: Entry, { wanted, checked, replaced }: CardState): Node {
  const made = document.importNode(template.content, true);
  const root = find(".tanba-key-card", HTMLElement, made);
  const radio = find('input[name="key"]', HTMLInputElement, made);
  const label = find("label", HTMLLabelElement, made);
  const reason = unsuitable(entry, wanted);
  const id = `key-${String(entry.id)}`;
  if (radio !== null) {
    radio.id = id;
    radio.value = String(entry.id);
    radio.checked = checked;
    radio.disabled = reason !== null;
    if (reason !== null) radio.setAttribute("aria-describedby", `${id}-reason`);
    else if (replaced !== null) radio.setAttribute("aria-describedby", `${id}-older`);
  }
  if (label !== null) label.htmlFor = id;
  if (root !== null) {
    root.dataset["purpose"] = entry.purpose ?? "";
    root.classList.toggle("tanba-key-card--unsuitable", reason !== null);
  }
  fillCard(made, entry);
  const line = find('[data-field="reason"]', HTMLElement, made);
  if (line !== null) {
    line.id = `${id}-reason`;
    line.hidden = reason === null;
    line.textContent = reason ?? "";
  }
  const older = find('[data-field="older"]', HTMLElement, made);
  if (older !== null) {
    older.id = `${id}-older`;
    older.hidden = replaced === null;
    older.textContent = replaced === null ? "" : text("key-older", { date: date(replaced) });
  }
  return made;
}

function fillCard(made: DocumentFragment, entry: Entry): void {
  const values: Record<string, string> = {
    owner: entry.owner,
    purpose: purposeText(entry),
    serial: grouped(entry.serial ?? ""),
    issuer: entry.issuer ?? "",
    algorithm: entry.algorithm,
    file: entry.file,
  };
  if (entry.notBefore !== null && entry.notAfter !== null) {
    values["validity"] = text("validity-range", { from: date(entry.notBefore), to: date(entry.notAfter) });
    values["days"] = daysText(entry.notAfter);
  }
  for (const [field, value] of Object.entries(values)) {
    const target = find(`[data-field="${field}"]`, HTMLElement, made);
    if (target !== null) target.textContent = value;
  }
}

/** A document in plain words, as rows of a summary list. */
export function summaryRow(name: string, value: string): HTMLElement {
  return make(
    "div",
    { class: "govuk-summary-list__row" },
    make("dt", { class: "govuk-summary-list__key", text: name }),
    make("dd", { class: "govuk-summary-list__value", text: value }),
  );
}

/** A keystore by name. */
export function keystoreText(identifier: string): string {
  const key = `keystore-${identifier}`;
  return hasText(key) ? text(key) : identifier;
}
