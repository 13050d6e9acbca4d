/**
 * The agent: a program on this computer that holds tokens (ID card, Kaztoken, eToken, JaCarta) and asks their owner before
 * it uses a key. The page speaks to it over a socket on loopback; keys and PINs never come here.
 */
import { fromBase64, toBase64 } from "./base64.js";
import { text } from "./messages.js";
import { Problem } from "./problem.js";

const BASICS = "kz.gov.pki.knca.basics";
const KEYSTORE = "kz.tanba.keystore";
const GREETING_MILLISECONDS = 8_000;
/** The browser asks the person whether the site may reach this computer. */
const PERMISSION_MILLISECONDS = 120_000;
/** What certificates for signing in, and for signing, are for (RFC 5280, 4.2.1.12). */
export const SIGN_IN_USAGE = "1.3.6.1.5.5.7.3.2";
export const SIGNATURE_USAGE = "1.3.6.1.5.5.7.3.4";

interface Answer {
  readonly status?: boolean;
  readonly body?: { readonly result?: unknown };
  readonly code?: string;
  readonly details?: string;
  readonly errorCode?: string;
}

/** A certificate beside its key in a token. */
export interface InToken {
  readonly keyId: string;
  /** Label and serial number of the token. */
  readonly file: string;
  /** Of the certificate, hexadecimal. */
  readonly serial: string;
}

export interface Signing {
  readonly storage: string;
  readonly document: string;
  readonly usage?: string;
  /** Whose key, by the personal number in its certificate. */
  readonly iin?: string | null;
  /** Which key, by the serial number of its certificate. */
  readonly serial?: string;
}

function address(): string {
  return document.documentElement.dataset["agent"] ?? "127.0.0.1:13579";
}

/** Whether the browser lets this site reach programs of this computer; browsers name the permission differently. */
async function permission(): Promise<PermissionState | "unknown"> {
  for (const name of ["loopback-network", "local-network-access"]) {
    try {
      return (await navigator.permissions.query({ name: name as PermissionName })).state;
    } catch {
      // This browser does not know the name.
    }
  }
  return "unknown";
}

function silent(): Problem {
  return Problem.of("agent-silent", { address: `https://${address()}/` });
}

/** One conversation. The agent answers in order, and cancels its dialog when the socket closes. */
class Conversation {
  readonly #socket: WebSocket;
  #next: { resolve: (frame: string) => void; reject: (problem: Problem) => void } | null = null;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => this.#next?.resolve(String(data)));
    for (const kind of ["close", "error"] as const) socket.addEventListener(kind, () => this.#next?.reject(silent()));
  }

  static async open(): Promise<Conversation> {
    const state = await permission();
    if (state === "denied") throw Problem.of("agent-permission");
    let socket: WebSocket;
    try {
      socket = new WebSocket(`wss://${address()}/`);
    } catch {
      throw silent();
    }
    const made = new Conversation(socket);
    const wait = state === "prompt" ? PERMISSION_MILLISECONDS : GREETING_MILLISECONDS;
    const timer = setTimeout(() => socket.close(), wait);
    try {
      await made.#frame();
    } catch (error) {
      // The person may have said no just now.
      if ((await permission()) === "denied") throw Problem.of("agent-permission");
      throw error;
    } finally {
      clearTimeout(timer);
    }
    return made;
  }

  #frame(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#next = { resolve, reject };
    });
  }

  /** The result of a method; `undefined` when the person cancelled. */
  async call(module: string, method: string, args: unknown): Promise<unknown> {
    const answered = this.#frame();
    this.#socket.send(JSON.stringify({ module, method, args }));
    let answer: Answer;
    try {
      answer = JSON.parse(await answered) as Answer;
    } catch (error) {
      throw error instanceof Problem ? error : Problem.of("agent-other");
    }
    if (answer.errorCode === "MODULE_NOT_FOUND") throw Problem.of("agent-other");
    if (answer.errorCode === "TOO_MANY_REQUESTS") throw Problem.of("agent-busy");
    if (answer.status !== true) throw refused(answer);
    return answer.body?.result;
  }

  close(): void {
    this.#socket.close();
  }
}

/** What the agent says, for programs; people are told in their language. */
const REFUSALS: Readonly<Record<string, string>> = {
  "too many requests": "agent-busy",
  "no key waits for this certificate on this computer": "agent-key-elsewhere",
  "the token does not take this PIN; the old one holds": "agent-pin-refused",
};

function refused({ details = "" }: Answer): Problem {
  return Problem.of(REFUSALS[details] ?? "agent-failed");
}

/** Talks to our agent, with a token of this kind in it. */
async function withToken<T>(storage: string, talk: (conversation: Conversation) => Promise<T>): Promise<T> {
  const conversation = await Conversation.open();
  try {
    await conversation.call(KEYSTORE, "getVersion", {});
    const here = (await conversation.call(KEYSTORE, "listStorages", {})) as readonly string[];
    if (!here.includes(storage)) throw Problem.of("agent-no-token", { keystore: text(`keystore-${storage}`) });
    return await talk(conversation);
  } finally {
    conversation.close();
  }
}

async function ask<T>(storage: string, module: string, method: string, args: unknown): Promise<T> {
  const result = await withToken(storage, (conversation) => conversation.call(module, method, args));
  if (result === undefined) throw Problem.of("agent-cancelled");
  return result as T;
}

function language(): string {
  return document.documentElement.lang;
}

/** Whether the agent runs and a token of this kind is plugged in; asks nobody anything. */
export function look(storage: string): Promise<null> {
  return withToken(storage, async () => null);
}

/** Signs a text with a key that its owner chooses: CMS, base64. */
export async function sign({ storage, document: content, usage, iin, serial }: Signing): Promise<string> {
  const signatures = await ask<readonly string[]>(storage, BASICS, "sign", {
    allowedStorages: [storage],
    format: "cms",
    data: toBase64(new TextEncoder().encode(content)),
    signingParams: { decode: true, encapsulate: true, digested: false, tsaProfile: null },
    signerParams: { extKeyUsageOids: usage === undefined ? [] : [usage], iin: iin ?? "", serialNumber: serial ?? "", chain: [] },
    locale: language(),
  });
  return unarmoured(signatures[0] ?? "");
}

/** A new key in a token: its identifier, and the request for its certificate, base64. */
export interface MadeInToken {
  readonly keyId: string;
  readonly request: string;
}

/** Makes two keys in a token, authentication first. */
export async function makeKeys(storage: string): Promise<readonly MadeInToken[]> {
  const keys = [{ alg: "RSA-2048" }, { alg: "RSA-2048" }];
  const made = await ask<readonly { keyId: string; csr: string }[]>(storage, BASICS, "generateCsr", { storage, keys, subject: {}, locale: language() });
  return made.map(({ keyId, csr }) => ({ keyId, request: unarmoured(csr) }));
}

/** Signs a first application by a new key that has no certificate yet: the signature alone, base64. */
export async function signWaiting(storage: string, keyId: string, document: string): Promise<string> {
  const { signature } = await ask<{ signature: string }>(storage, KEYSTORE, "signWaiting", { storage, keyId, document, locale: language() });
  return signature;
}

/** Puts certificates (base64) beside their keys. */
export function install(storage: string, certificates: readonly string[], chain: readonly string[]): Promise<readonly InToken[]> {
  return ask(storage, BASICS, "importCertificate", {
    storage,
    certificates: certificates.map(armoured),
    chain: chain.map(armoured),
    locale: language(),
  });
}

/** The PIN of a token is changed in the agent's dialog. */
export async function changePin(storage: string): Promise<void> {
  await ask(storage, KEYSTORE, "changePassword", { storage, locale: language() });
}

function unarmoured(pem: string): string {
  return toBase64(fromBase64(pem.replace(/-----[^-]+-----/g, "").replace(/\s/g, "")));
}

function armoured(base64: string): string {
  const lines = base64.replace(/\s/g, "").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}
