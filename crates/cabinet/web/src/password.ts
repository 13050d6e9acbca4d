/** Password fields: show and hide, Caps Lock, keyboard layout, the rule for new passwords. */
import { button, element, input, make, show } from "./dom.js";
import { call } from "./keys.js";
import { text } from "./messages.js";
import { Problem, Problems } from "./problem.js";

const NOT_LATIN = /[^\u0000-\u007f]/;

/** Gives a password field its helpers. */
export function helpPassword(id: string): HTMLInputElement | null {
  const field = input(id);
  if (field === null || field.dataset["helped"] !== undefined) return field;
  field.dataset["helped"] = "";
  const place = field.closest<HTMLElement>(".tanba-password") ?? field;
  // The sign-in page brings its warnings; elsewhere they are made.
  const own = id === "password";
  const capsLock = (own ? element("caps-lock-warning") : null) ?? warning(place, "caps-lock-on");
  const layout = (own ? element("layout-warning") : null) ?? warning(place, "layout-not-latin");
  watchKeyboard(field, capsLock, layout);
  offerToShow(field, button(`${id}-toggle`));
  return field;
}

function warning(place: HTMLElement, key: string): HTMLElement {
  const line = make("p", { class: "tanba-input-warning", text: text(key), attributes: { role: "status" } });
  line.hidden = true;
  place.after(line);
  return line;
}

function watchKeyboard(field: HTMLInputElement, capsLock: HTMLElement, layout: HTMLElement): void {
  const look = (event: Event): void => {
    if (event instanceof KeyboardEvent || event instanceof MouseEvent) {
      // The key itself reports the state before it.
      if (event instanceof KeyboardEvent && event.type === "keydown" && event.key === "CapsLock") return;
      show(capsLock, event.getModifierState("CapsLock"));
    }
  };
  for (const kind of ["keydown", "keyup", "mousedown"]) field.addEventListener(kind, look);
  field.addEventListener("blur", () => show(capsLock, false));
  field.addEventListener("input", () => show(layout, NOT_LATIN.test(field.value)));
}

function offerToShow(field: HTMLInputElement, toggle: HTMLButtonElement | null): void {
  if (toggle === null) return;
  toggle.hidden = false;
  const say = (): void => {
    const shown = field.type === "text";
    const { show: showText, hide, showLabel, hideLabel } = toggle.dataset;
    toggle.textContent = shown ? (hide ?? text("password-hide")) : (showText ?? text("password-show"));
    const label = shown ? hideLabel : showLabel;
    if (label !== undefined) toggle.setAttribute("aria-label", label);
  };
  toggle.addEventListener("click", () => {
    field.type = field.type === "password" ? "text" : "password";
    say();
  });
  // What is sent or left behind is never readable over a shoulder.
  field.form?.addEventListener("submit", () => {
    field.type = "password";
    say();
  });
  say();
}

/** A new password typed twice, with the rule and a hint of its strength. */
export class NewPassword {
  readonly #field: HTMLInputElement;
  readonly #repeat: HTMLInputElement | null;

  constructor(field: HTMLInputElement, repeat: HTMLInputElement | null, strength: HTMLElement | null) {
    this.#field = field;
    this.#repeat = repeat;
    field.autocomplete = "new-password";
    if (repeat !== null) repeat.autocomplete = "new-password";
    if (strength !== null) this.#showStrength(strength);
  }

  /** The password, if it may be chosen; else everything that is wrong with it, after what is wrong with the form `already`. */
  async checked(already: readonly Problem[] = []): Promise<string> {
    Problems.throwAny([...already, ...(await this.#problems())]);
    return this.#field.value;
  }

  async #problems(): Promise<readonly Problem[]> {
    const password = this.#field.value;
    if (password === "") return [Problem.of("password-missing", {}, this.#field.id)];
    const { broken } = await call("checkPassword", { password });
    const problems = broken.map((rule) => Problem.of(rule, {}, this.#field.id));
    if (NOT_LATIN.test(password)) problems.unshift(Problem.of("layout-not-latin", {}, this.#field.id));
    if (this.#repeat !== null && this.#repeat.value !== password) {
      problems.push(Problem.of("password-not-repeated", {}, this.#repeat.id));
    }
    return problems;
  }

  clear(): void {
    this.#field.value = "";
    if (this.#repeat !== null) this.#repeat.value = "";
  }

  #showStrength(line: HTMLElement): void {
    line.setAttribute("role", "status");
    let turn = 0;
    this.#field.addEventListener("input", () => {
      const mine = ++turn;
      const password = this.#field.value;
      if (password === "") {
        line.textContent = "";
        delete line.dataset["strength"];
        return;
      }
      call("checkPassword", { password })
        .then((verdict) => {
          if (mine !== turn) return;
          const key = verdict.broken[0] ?? verdict.strength;
          line.dataset["strength"] = verdict.broken.length > 0 ? "broken" : verdict.strength.replace("password-", "");
          line.textContent =
            verdict.broken.length > 0 ? text(key) : text("password-strength", { strength: text(verdict.strength) });
        })
        .catch(() => undefined);
    });
  }
}
