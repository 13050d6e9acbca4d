/** Texts of the page in its language, and how this language writes dates and numbers. */

interface PageData {
  readonly messages?: Readonly<Record<string, string>>;
  readonly places?: Readonly<Record<string, string>>;
}

let data: PageData = {};

/** Reads `#page-data` of the document; call it again after a swap. */
export function readPageData(): void {
  const block = document.getElementById("page-data");
  if (block === null) return;
  const read = JSON.parse(block.textContent ?? "{}") as PageData;
  // Texts stay when a page brings none; places belong to one page.
  data = { messages: read.messages ?? data.messages ?? {}, places: read.places ?? {} };
}

export type Values = Readonly<Record<string, string | number>>;

/** The text of a key, its placeholders filled. A missing text shows its key: better than nothing, and easy to find. */
export function text(key: string, values: Values = {}): string {
  return fill(data.messages?.[key] ?? key, values);
}

export function hasText(key: string): boolean {
  return data.messages?.[key] !== undefined;
}

/** Fills `{$name}`; the isolation marks that Fluent puts around a placeholder stay. */
export function fill(pattern: string, values: Values): string {
  return pattern.replace(/\{\s*\$([\w-]+)\s*\}/g, (whole, name: string) => {
    const value = values[name];
    return value === undefined ? whole : String(value);
  });
}

/** The name of a region or settlement, if the page brought it. */
export function place(code: string): string {
  return data.places?.[code] ?? code;
}

export function language(): string {
  return document.documentElement.lang || "kk";
}

const LOCALES: Readonly<Record<string, string>> = { kk: "kk-KZ", ru: "ru-RU", en: "en-GB" };

function format(seconds: number, options: Intl.DateTimeFormatOptions): string {
  const timeZone = document.documentElement.dataset["timezone"] ?? "Asia/Almaty";
  const locale = LOCALES[language()] ?? language();
  return new Intl.DateTimeFormat(locale, { timeZone, ...options }).format(new Date(seconds * 1000));
}

export function date(seconds: number): string {
  return format(seconds, { day: "numeric", month: "long", year: "numeric" });
}

export function dateTime(seconds: number): string {
  return format(seconds, { day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" });
}
