/** Texts of the page in its language, and how this language writes dates and numbers. */

interface PageData {
  readonly messages?: Readonly<Record<string, string>>;
  readonly places?: Readonly<Record<string, string>>;
}

let data: PageData = {};

/** Reads `#page-data` of a page. */
export function readPageData(page: Document): void {
  const block = page.getElementById("page-data");
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

interface Civil {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly time: string;
}

/** The date by the clocks of the cabinet. Not every browser knows how Kazakh writes dates, so words are ours. */
function civil(seconds: number): Civil {
  const timeZone = document.documentElement.dataset["timezone"] ?? "Asia/Almaty";
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const parts = new Map(format.formatToParts(new Date(seconds * 1000)).map(({ type, value }) => [type, value]));
  const number = (part: Intl.DateTimeFormatPartTypes): number => Number(parts.get(part) ?? 0);
  return {
    year: number("year"),
    month: number("month"),
    day: number("day"),
    time: `${parts.get("hour") ?? ""}:${parts.get("minute") ?? ""}`,
  };
}

/** A serial number as pages show it: in groups of four digits. */
export function grouped(serial: string): string {
  return serial.replace(/(.{4})(?=.)/g, "$1 ");
}

export function date(seconds: number): string {
  const { year, month, day } = civil(seconds);
  return text("date-long", { year, month: text(`month-${String(month)}`), day });
}

export function dateTime(seconds: number): string {
  return text("date-time", { date: date(seconds), time: civil(seconds).time });
}

const DAY_MILLISECONDS = 86_400_000;

/** Days by the calendar from one moment to another; negative when it is over. */
export function daysBetween(from: number, to: number): number {
  const day = (seconds: number): number => {
    const { year, month, day: dayOfMonth } = civil(seconds);
    return Date.UTC(year, month - 1, dayOfMonth) / DAY_MILLISECONDS;
  };
  return day(to) - day(from);
}
