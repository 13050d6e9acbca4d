/**
 * One document from sign-in to done: pages are fetched and put in place, so that the worker lives on.
 *
 * Links and forms marked `data-swap`, and links to another language, are taken over; every address also works by itself. Pages are fetched as documents
 * by XMLHttpRequest: the browser parses them, and no text of ours becomes markup.
 */
import { csrfToken, readCsrf, setCsrf } from "./api.js";
import { find, focusOn, once } from "./dom.js";
import { readPageData } from "./messages.js";
import { Problem, showError } from "./problem.js";

type Starter = () => void;

let startPage: Starter = () => undefined;
const leaveListeners: (() => void)[] = [];

/** Called before a page is replaced. */
export function onLeave(listener: () => void): void {
  leaveListeners.push(listener);
}

/** Takes links, forms and history over; `starter` starts the scripts of the page that is shown. */
export function takeOver(starter: Starter): void {
  startPage = starter;
  history.replaceState({ swap: true }, "");
  document.addEventListener("click", followLink);
  document.addEventListener("submit", sendForm);
  addEventListener("popstate", () => {
    // Within a page (the skip link, a link to a field) the browser moves by itself.
    if (pageAddress() === shown) return;
    void show(location.href, { history: "keep" }).catch(() => location.reload());
  });
}

/** Goes to another page of the cabinet within this document. */
export async function go(address: string): Promise<void> {
  const target = new URL(address, location.href);
  if (target.origin !== location.origin) throw new Problem("server-error", "another origin");
  await show(target.href, { history: "push" });
}

/** Sends a form that a page took over, as if it were marked. */
export async function send(form: HTMLFormElement): Promise<void> {
  await submit(form, null);
}

/** Shows the same address anew. */
export async function refresh(): Promise<void> {
  await show(location.href, { history: "keep" });
}

function followLink(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-swap], a[hreflang]") : null;
  if (link === null || link.origin !== location.origin || link.target !== "" || link.hasAttribute("download")) return;
  if (link.pathname === location.pathname && link.search === location.search && link.hash !== "") return;
  event.preventDefault();
  const keep = link.hreflang !== "" && link.hreflang !== document.documentElement.lang;
  void once(link, async () => {
    try {
      await show(link.href, { history: "push", keepTyped: keep });
    } catch (error) {
      showError(error);
    }
  });
}

function sendForm(event: SubmitEvent): void {
  const form = event.target;
  if (event.defaultPrevented || !(form instanceof HTMLFormElement) || form.dataset["swap"] === undefined) return;
  event.preventDefault();
  const submitter = event.submitter instanceof HTMLElement ? event.submitter : null;
  void once(submitter ?? form, async () => {
    try {
      await submit(form, submitter);
    } catch (error) {
      showError(error);
    }
  });
}

async function submit(form: HTMLFormElement, submitter: HTMLElement | null): Promise<void> {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form, submitter)) if (typeof value === "string") fields.append(name, value);
  const address = new URL(submitter?.getAttribute("formaction") ?? form.getAttribute("action") ?? "", location.href);
  if ((form.getAttribute("method") ?? "get").toLowerCase() === "post") {
    await show(address.href, { history: "push", body: fields });
    return;
  }
  address.search = fields.toString();
  await show(address.href, { history: "push" });
}

interface How {
  readonly history: "push" | "keep";
  readonly body?: URLSearchParams;
  /** The same page in another language: what was typed stays. */
  readonly keepTyped?: boolean;
}

/** The page that is shown, without the place in it. */
let shown = pageAddress();

function pageAddress(): string {
  return location.pathname + location.search;
}

/** Requests that were overtaken by a later one are dropped. */
let latest = 0;

async function show(address: string, how: How): Promise<void> {
  const turn = ++latest;
  const busy = find("main", HTMLElement);
  busy?.setAttribute("aria-busy", "true");
  try {
    const answer = await load(address, how.body);
    if (turn !== latest) return;
    const page = answer.responseXML;
    const main = page === null ? null : find("main", HTMLElement, page);
    if (page === null || main === null) {
      // Not a page of ours (a failure of a proxy, a download): let the browser show it.
      if (how.body === undefined) location.assign(address);
      else throw Problem.of(answer.status === 0 ? "offline" : "server-error");
      return;
    }
    const typed = how.keepTyped === true ? typedValues() : null;
    for (const listener of leaveListeners) listener();
    const final = finalAddress(answer.responseURL, address);
    if (final !== location.href) {
      if (how.history === "push") history.pushState({ swap: true }, "", final);
      // Going back to a step that is over leads to where the application stands now.
      else history.replaceState({ swap: true }, "", final);
    }
    shown = pageAddress();
    replace(page);
    if (typed !== null) restoreTyped(typed);
    startPage();
    arrive(final);
  } finally {
    if (turn === latest) busy?.removeAttribute("aria-busy");
  }
}

function load(address: string, body: URLSearchParams | undefined): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(body === undefined ? "GET" : "POST", address);
    request.responseType = "document";
    request.setRequestHeader("accept", "text/html");
    const token = csrfToken();
    if (body !== undefined && token !== null) request.setRequestHeader("x-csrf-token", token);
    request.onload = () => resolve(request);
    request.onerror = () => reject(Problem.of("offline"));
    request.send(body ?? null);
  });
}

function finalAddress(response: string, asked: string): string {
  const { hash } = new URL(asked, location.href);
  const final = response === "" ? asked : response;
  return final.includes("#") ? final : final + hash;
}

/** Puts the parts of a page into this document; scripts that run here stay. */
function replace(page: Document): void {
  document.title = page.title;
  document.documentElement.lang = page.documentElement.lang;
  const token = page.querySelector<HTMLMetaElement>('meta[name="csrf"]')?.content ?? "";
  const meta = document.querySelector<HTMLMetaElement>('meta[name="csrf"]');
  if (meta !== null) meta.content = token;
  setCsrf(null);
  // Scripts run once, and the data of the page is read where it is.
  const fresh = [...page.body.childNodes].filter((node) => node.nodeName !== "SCRIPT");
  document.body.replaceChildren(...fresh.map((node) => document.importNode(node, true)));
  readCsrf();
  readPageData(page);
}

function arrive(address: string): void {
  const { hash } = new URL(address);
  const target = hash === "" ? null : document.getElementById(decodeURIComponent(hash.slice(1)));
  if (target !== null) target.scrollIntoView();
  else scrollTo(0, 0);
  const summary = find(".govuk-error-summary:not([hidden])", HTMLElement);
  focusOn(summary ?? find("main h1", HTMLElement) ?? find("main", HTMLElement));
}

type Typed = Map<string, { value: string; checked: boolean }>;

function controls(): (HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement)[] {
  return [...document.querySelectorAll<HTMLInputElement>("main input, main select, main textarea")];
}

function controlKey(control: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement): string | null {
  const { name, id } = control;
  const toggles = control instanceof HTMLInputElement && (control.type === "radio" || control.type === "checkbox");
  if (control instanceof HTMLInputElement && (control.type === "file" || control.type === "hidden")) return null;
  if (name === "" && id === "") return null;
  return `${name}|${name === "" ? id : ""}|${toggles ? control.value : ""}`;
}

function typedValues(): Typed {
  const typed: Typed = new Map();
  for (const control of controls()) {
    const key = controlKey(control);
    if (key === null) continue;
    typed.set(key, { value: control.value, checked: control instanceof HTMLInputElement && control.checked });
  }
  return typed;
}

function restoreTyped(typed: Typed): void {
  for (const control of controls()) {
    const key = controlKey(control);
    const was = key === null ? undefined : typed.get(key);
    if (was === undefined) continue;
    if (control instanceof HTMLInputElement && (control.type === "radio" || control.type === "checkbox")) {
      control.checked = was.checked;
    } else {
      control.value = was.value;
    }
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
