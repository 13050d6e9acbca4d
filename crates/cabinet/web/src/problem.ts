/** Errors as people meet them: what happened, and what to do next. */
import { element, find, focusOn, make } from "./dom.js";
import type { Failure } from "./protocol.js";
import { type Values, hasText, text } from "./messages.js";

/** An error with its text in the reader's language. */
export class Problem extends Error {
  readonly code: string;
  /** The next step, where the server gave one. */
  readonly next: string | null;
  /** Id of the field that it stands at. */
  readonly field: string | null;
  /** Other members of the server's answer. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: string,
    message: string,
    more: { next?: string | null; field?: string | null; details?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message);
    this.name = "Problem";
    this.code = code;
    this.next = more.next ?? null;
    this.field = more.field ?? null;
    this.details = more.details ?? {};
  }

  /** A problem with one of our own texts. */
  static of(code: string, values: Values = {}, field: string | null = null): Problem {
    return new Problem(code, text(code, values), { field });
  }

  static ofFailure(failure: Failure, field: string | null = null): Problem {
    return Problem.of(failure.code, localised(failure.values ?? {}), field);
  }

  at(field: string): Problem {
    return new Problem(this.code, this.message, { next: this.next, field, details: this.details });
  }
}

/** Values that are themselves message keys (what a file looks like) become texts. */
export function localised(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, hasText(value) ? text(value) : value]));
}

/** Several at once, so that nobody mends them one by one. */
export class Problems extends Error {
  readonly all: readonly Problem[];

  constructor(all: readonly Problem[]) {
    super(all.map(({ message }) => message).join(" "));
    this.name = "Problems";
    this.all = all;
  }

  /** Throws what there is, if there is something. */
  static throwAny(all: readonly Problem[]): void {
    if (all.length > 0) throw new Problems(all);
  }
}

export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  console.error(error);
  return Problem.of("server-error");
}

/** Takes all messages off the page. */
export function clearProblems(): void {
  const summary = element("error-summary");
  if (summary !== null) {
    summary.hidden = true;
    find("ul", HTMLUListElement, summary)?.replaceChildren();
  }
  for (const message of document.querySelectorAll<HTMLElement>("[data-script-error]")) {
    if (message.dataset["scriptError"] === "made") message.remove();
    else message.hidden = true;
    message.removeAttribute("data-script-error");
  }
  for (const group of document.querySelectorAll("[data-script-error-group]")) {
    group.classList.remove("govuk-form-group--error");
    group.removeAttribute("data-script-error-group");
  }
  for (const field of document.querySelectorAll("[data-script-error-field]")) {
    field.classList.remove("govuk-input--error");
    field.removeAttribute("aria-invalid");
    field.removeAttribute("data-script-error-field");
  }
  const prefix = `${text("error-prefix")} `;
  if (document.title.startsWith(prefix)) document.title = document.title.slice(prefix.length);
}

/** Shows problems in the summary at the top, which gets the focus, and each at its field. */
export function showProblems(problems: readonly Problem[]): void {
  clearProblems();
  if (problems.length === 0) return;
  const summary = element("error-summary") ?? makeSummary();
  const list = find("ul", HTMLUListElement, summary);
  for (const problem of problems) list?.append(summaryItem(problem));
  for (const field of new Set(problems.map((problem) => problem.field))) {
    const messages = problems.filter((problem) => problem.field === field).map(({ message }) => message);
    if (field !== null) markField(field, joined(messages));
  }
  document.title = `${text("error-prefix")} ${document.title}`;
  summary.hidden = false;
  focusOn(summary);
}

/** What stands at one field, sentence after sentence. */
function joined(messages: readonly string[]): string {
  const [only, ...more] = messages;
  if (only !== undefined && more.length === 0) return only;
  return messages.map((message) => message.replace(/\.$/, "")).join(". ");
}

export function showError(error: unknown): void {
  showProblems(error instanceof Problems ? error.all : [problemOf(error)]);
}

function summaryItem(problem: Problem): HTMLLIElement {
  const item = make("li", { attributes: { "data-code": problem.code } });
  const target = problem.field === null ? null : element(problem.field);
  if (problem.code === "session-required" || problem.code === "session-ended") {
    item.append(signInLink(problem.message));
  } else if (target === null) {
    item.append(problem.message);
  } else {
    const link = make("a", { text: problem.message, attributes: { href: `#${target.id}` } });
    link.addEventListener("click", (event) => {
      event.preventDefault();
      target.scrollIntoView({ block: "center" });
      focusOn(target);
    });
    item.append(link);
  }
  const elsewhere = linkElsewhere(problem.code);
  if (elsewhere !== null) item.append(elsewhere);
  if (problem.next !== null && problem.next !== "") {
    item.append(make("p", { class: "govuk-body tanba-next-step", text: `${text("next-step")} ${problem.next}` }));
  }
  return item;
}

/** Problems after which only first keys help. */
const FIRST_KEYS_HELP: ReadonlySet<string> = new Set(["certificate-expired", "certificate-revoked", "no-signing-key", "key-expired", "data-changed"]);

/** The page that helps in place of this one: first keys, or the entrance that the key is for. */
function linkElsewhere(code: string): HTMLElement | null {
  if (FIRST_KEYS_HELP.has(code)) return linkTo("/obtain", text("home-obtain"));
  if (code === "staff-key") return linkTo("/desk/enter", text("desk-enter-title"));
  if (code === "citizen-key") return linkTo("/enter", text("home-enter"));
  return null;
}

function linkTo(page: string, name: string): HTMLElement {
  const href = `/${document.documentElement.lang}${page}`;
  const link = make("a", { class: "govuk-link", text: name, attributes: { href, "data-swap": "" } });
  return make("p", { class: "govuk-body tanba-next-step" }, link);
}

/** The way back to this page after signing in again. */
function signInLink(message: string): HTMLElement {
  const next = encodeURIComponent(location.pathname + location.search);
  const href = `/${document.documentElement.lang}/enter?next=${next}`;
  return make("a", { text: message, attributes: { href, "data-swap": "" } });
}

function markField(id: string, message: string): void {
  const field = element(id);
  if (field === null) return;
  const group = field.closest<HTMLElement>(".govuk-form-group");
  if (group !== null && !group.classList.contains("govuk-form-group--error")) {
    group.classList.add("govuk-form-group--error");
    group.setAttribute("data-script-error-group", "");
  }
  const note = element(`${id}-error`) ?? makeNote(field);
  const line = find("[data-error-text]", HTMLElement, note) ?? note;
  line.textContent = message;
  note.hidden = false;
  if (note.dataset["scriptError"] === undefined) note.dataset["scriptError"] = "";
  field.setAttribute("data-script-error-field", "");
  if (field instanceof HTMLInputElement) {
    if (field.classList.contains("govuk-input")) field.classList.add("govuk-input--error");
    field.setAttribute("aria-invalid", "true");
  }
}

/** Pages bring a place for the error of each field; this is for one that does not. */
function makeNote(field: HTMLElement): HTMLElement {
  const note = make("p", { class: "govuk-error-message", id: `${field.id}-error` });
  note.dataset["scriptError"] = "made";
  (field.closest(".tanba-password, .govuk-button-group") ?? field).before(note);
  return note;
}

/** Pages bring a summary; this is for one that does not. */
function makeSummary(): HTMLElement {
  const title = make("h2", { class: "govuk-error-summary__title", text: text("error-summary-title") });
  const list = make("ul", { class: "govuk-list govuk-error-summary__list" });
  const body = make("div", { class: "govuk-error-summary__body" }, list);
  const summary = make("div", { class: "govuk-error-summary", id: "error-summary" }, make("div", { attributes: { role: "alert" } }, title, body));
  find("main", HTMLElement)?.prepend(summary);
  return summary;
}
