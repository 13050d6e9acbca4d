/** Finding and making elements. Data only ever becomes text, never markup. */

export function find<T extends Element>(selector: string, type: new () => T, within: ParentNode = document): T | null {
  const found = within.querySelector(selector);
  return found instanceof type ? found : null;
}

export function button(id: string): HTMLButtonElement | null {
  return find(`#${id}`, HTMLButtonElement);
}

export function input(id: string): HTMLInputElement | null {
  return find(`#${id}`, HTMLInputElement);
}

export function element(id: string): HTMLElement | null {
  return find(`#${id}`, HTMLElement);
}

interface Content {
  readonly class?: string;
  readonly text?: string;
  readonly id?: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  content: Content = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  if (content.class !== undefined) made.className = content.class;
  if (content.id !== undefined) made.id = content.id;
  if (content.text !== undefined) made.textContent = content.text;
  for (const [attribute, value] of Object.entries(content.attributes ?? {})) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

export function show(target: HTMLElement | null, visible = true): void {
  if (target !== null) target.hidden = !visible;
}

/** Moves focus to something that is not a control: a heading, a message. */
export function focusOn(target: HTMLElement | null): void {
  if (target === null) return;
  if (!target.hasAttribute("tabindex")) {
    target.setAttribute("tabindex", "-1");
    target.addEventListener("blur", () => target.removeAttribute("tabindex"), { once: true });
  }
  target.focus();
}

const running = new WeakSet<HTMLElement>();

/**
 * Runs an action once at a time: a second click does nothing until the first is done. The control keeps the focus, so
 * it is not disabled but says that it is busy.
 */
export async function once(control: HTMLElement | null, action: () => Promise<void>): Promise<void> {
  const key = control ?? document.body;
  if (running.has(key)) return;
  running.add(key);
  control?.setAttribute("aria-disabled", "true");
  control?.classList.add("tanba-busy");
  try {
    await action();
  } finally {
    running.delete(key);
    control?.removeAttribute("aria-disabled");
    control?.classList.remove("tanba-busy");
  }
}

/** Adds a listener that runs `once` at a time. */
export function onClick(control: HTMLElement | null, action: () => Promise<void>): void {
  control?.addEventListener("click", (event) => {
    event.preventDefault();
    void once(control, action);
  });
}
