/** Calls to the server. All of them stay on this origin. */
import { language, text } from "./messages.js";
import { Problem } from "./problem.js";

let csrf: string | null = null;
let clockOffset = 0;
const clockListeners: (() => void)[] = [];

/** The token for calls that change something; a sign-in brings a new one. */
export function setCsrf(token: string | null): void {
  csrf = token;
}

export function readCsrf(): void {
  const token = document.querySelector<HTMLMetaElement>('meta[name="csrf"]')?.content ?? "";
  if (token !== "") csrf = token;
}

export function csrfToken(): string | null {
  return csrf;
}

/** Milliseconds from this device's clock to the server's. */
export function serverClockOffset(): number {
  return clockOffset;
}

export function onClockOffset(listener: () => void): void {
  clockListeners.push(listener);
}

/** The time by the server's clock, milliseconds since 1970. */
export function serverMilliseconds(): number {
  return Date.now() + clockOffset;
}

/** The time by the server's clock, seconds since 1970. */
export function now(): number {
  return Math.floor(serverMilliseconds() / 1000);
}

function readClock(date: string | null, sent: number): void {
  if (date === null) return;
  const server = Date.parse(date);
  if (Number.isNaN(server)) return;
  // The header has whole seconds; half of the way back is taken off.
  const received = Date.now();
  const difference = server + 500 - (sent + received) / 2;
  clockOffset = Math.abs(difference) < 2000 ? 0 : Math.round(difference);
  for (const listener of clockListeners) listener();
}

/** Asks the server for nothing but its clock. */
export async function learnClock(): Promise<void> {
  const sent = Date.now();
  try {
    const answer = await fetch(`/${language()}`, { method: "HEAD", cache: "no-store" });
    readClock(answer.headers.get("date"), sent);
  } catch {
    // Not being told the time is no reason to stop.
  }
}

export function get<T>(path: string): Promise<T> {
  return call<T>("GET", path, undefined);
}

export function post<T>(path: string, body: unknown): Promise<T> {
  return call<T>("POST", path, body);
}

async function call<T>(method: "GET" | "POST", path: string, body: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json", "x-tanba-language": language() };
  if (csrf !== null) headers["x-csrf-token"] = csrf;
  const init: RequestInit = { method, headers, credentials: "same-origin", cache: "no-store", redirect: "error" };
  if (body !== undefined) {
    headers["content-type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  const sent = Date.now();
  let answer: Response;
  try {
    answer = await fetch(`/api/v1${path}`, init);
  } catch {
    throw Problem.of("offline");
  }
  readClock(answer.headers.get("date"), sent);
  if (!answer.ok) throw await problem(answer);
  if (answer.status === 204) return undefined as T;
  return (await answer.json()) as T;
}

interface ProblemDetails {
  readonly code?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly next?: string;
}

/** A problem document (RFC 9457) as an error. */
async function problem(answer: Response): Promise<Problem> {
  let body: ProblemDetails & Record<string, unknown> = {};
  if (/\bjson\b/.test(answer.headers.get("content-type") ?? "")) {
    body = ((await answer.json().catch(() => ({}))) ?? {}) as typeof body;
  }
  const code = body.code ?? (answer.status === 401 ? "session-ended" : "server-error");
  const sentences = [body.title, body.detail].filter((part): part is string => part !== undefined && part !== "");
  let message = sentences.length > 0 ? [...new Set(sentences)].join(". ").replaceAll("..", ".") : text(code);
  const id = answer.headers.get("x-request-id");
  if (answer.status >= 500 && id !== null) message += ` ${text("request-id", { id })}`;
  return new Problem(code, message, { next: body.next ?? null, details: body });
}
