/** Fields with a limit say how much room is left: at once for eyes, after a pause for screen readers. */
import { make } from "./dom.js";
import { text } from "./messages.js";

/** Nobody is interrupted while typing. */
const PAUSE_MILLISECONDS = 1000;

/** Without script the limit is the field's own, and what the server says. */
export function countLetters(within: ParentNode = document): void {
  for (const field of within.querySelectorAll("[data-counted]")) {
    if (field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement) count(field);
  }
}

function count(field: HTMLTextAreaElement | HTMLInputElement): void {
  if (field.maxLength <= 0 || field.dataset["counted"] === "yes") return;
  field.dataset["counted"] = "yes";
  const id = `${field.id}-room`;
  const shown = make("div", { class: "govuk-hint tanba-room", id });
  const spoken = make("div", { class: "govuk-visually-hidden", attributes: { "aria-live": "polite", "data-room": "" } });
  field.after(shown, spoken);
  field.setAttribute("aria-describedby", [field.getAttribute("aria-describedby"), id].filter(Boolean).join(" "));
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const say = (): void => {
    shown.textContent = room(field);
  };
  say();
  field.addEventListener("input", () => {
    say();
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      spoken.textContent = room(field);
    }, PAUSE_MILLISECONDS);
  });
}

function room(field: HTMLTextAreaElement | HTMLInputElement): string {
  const left = field.maxLength - field.value.length;
  return left > 0 ? text("letters-left", { count: left }) : text("letters-full", { count: field.maxLength });
}
