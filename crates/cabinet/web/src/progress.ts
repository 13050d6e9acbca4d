/** Says what is going on, for eyes and for screen readers. */
import { element } from "./dom.js";
import { type Values, text } from "./messages.js";

/** Nothing is shown for what is over at once. */
const DELAY_MILLISECONDS = 250;

let waiting: ReturnType<typeof setTimeout> | undefined;

export function progress(key: string, values: Values = {}): void {
  const line = element("progress");
  if (line === null) return;
  const say = (): void => {
    line.hidden = false;
    line.dataset["running"] = "true";
    line.textContent = text(key, values);
  };
  clearTimeout(waiting);
  if (line.dataset["running"] === "true") say();
  else waiting = setTimeout(say, DELAY_MILLISECONDS);
}

/** The end: a last sentence, or silence. */
export function progressEnd(key: string | null = null, values: Values = {}): void {
  clearTimeout(waiting);
  const line = element("progress");
  if (line === null) return;
  delete line.dataset["running"];
  line.textContent = key === null ? "" : text(key, values);
  line.hidden = key === null;
}

/** Moves the line to where the action is: after the control that started it. */
export function placeProgress(control: HTMLElement | null): void {
  const line = element("progress");
  if (line === null || control === null) return;
  const place = control.closest<HTMLElement>(".govuk-button-group") ?? control;
  if (place.nextElementSibling !== line) place.after(line);
}
