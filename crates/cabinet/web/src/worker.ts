/**
 * Owns the WASM module and every secret of the page: opened keys, new keys, the new password.
 *
 * The page sends requests and gets results that are not secret. Ten minutes after the last request, or when told to,
 * everything is wiped. A reload or a closed tab ends the worker, and with it the memory.
 */
import { fromBase64, joined, toBase64 } from "./base64.js";
import { canDerive, type Derivation, pbkdf2 } from "./derive.js";
import start, { KeyRing } from "./keystore.js";
import type {
  CallName,
  Calls,
  Entry,
  Failure,
  InstalledFile,
  KeyFile,
  NewKeys,
  OpenedFile,
  LockedKey,
  PlannedFile,
  Purpose,
  Reply,
  Request,
  SummaryLine,
} from "./protocol.js";

interface WorkerScope {
  onmessage: ((event: MessageEvent<Request>) => void) | null;
  postMessage(message: Reply, transfer?: Transferable[]): void;
  readonly location: { readonly origin: string };
}

const scope = self as unknown as WorkerScope;

const IDLE_MILLISECONDS = 10 * 60 * 1000;
/** Numbers that are tried for a proof of work before the page is told that it goes on. */
const WORK_PIECE = 100_000;
const NEW_KEY_PURPOSES: readonly Purpose[] = ["authentication", "signature"];
const RSA_2048 = {
  name: "RSASSA-PKCS1-v1_5",
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: "SHA-256",
};

/** The keys of the application that is under way. */
interface Fresh {
  readonly number: string;
  readonly password: string;
  /** Keys in the module, authentication first. */
  readonly keys: readonly number[];
  /** Entries of the files that were written and read back. */
  installed: readonly number[];
}

let loading: Promise<KeyRing> | null = null;
let offset = 0;
let fresh: Fresh | null = null;
let idle: ReturnType<typeof setTimeout> | undefined;
/** Requests are answered one after the other: the module has one memory and one derivation under way. */
let queue: Promise<void> = Promise.resolve();

function ring(): Promise<KeyRing> {
  loading ??= start({ module_or_path: new URL("./keystore_bg.wasm", import.meta.url) }).then(
    () => new KeyRing(canDerive()),
  );
  loading.catch(() => {
    loading = null;
  });
  return loading;
}

function now(): number {
  return Math.floor((Date.now() + offset) / 1000);
}

/** A derivation under way, and the salt that tells it from others. */
interface Started {
  readonly salt: string;
  readonly key: Promise<Uint8Array>;
}

/** Starts the derivation that the module asks for. */
function startDerivation(keys: KeyRing, request: Derivation): Started {
  const password = keys.derivation_password() as Uint8Array<ArrayBuffer>;
  const salt = keys.derivation_salt() as Uint8Array<ArrayBuffer>;
  const key = pbkdf2(request, password, salt).finally(() => password.fill(0));
  // One that turns out not to be needed may fail unheard.
  key.catch(() => undefined);
  return { salt: toBase64(salt), key };
}

/**
 * Calls the module until no derivation is missing any more. With `opening` the browser starts on the file's derivation
 * while the module computes the check value.
 */
async function derived<T>(keys: KeyRing, call: () => string, opening?: { bytes: Uint8Array; password: string }): Promise<T> {
  try {
    let early: Started | null = null;
    if (opening !== undefined) {
      const { derive } = JSON.parse(keys.anticipate(opening.bytes, opening.password)) as { derive?: Derivation };
      if (derive !== undefined) early = startDerivation(keys, derive);
    }
    for (;;) {
      const outcome = JSON.parse(call()) as { derive?: Derivation };
      if (outcome.derive === undefined) return outcome as T;
      const same = early?.salt === toBase64(keys.derivation_salt());
      const { key } = early !== null && same ? early : startDerivation(keys, outcome.derive);
      early = null;
      const derivedKey = await key;
      keys.supply(derivedKey);
      derivedKey.fill(0);
    }
  } finally {
    keys.drop_derivations();
  }
}

/** Errors of the module are JSON; anything else is a fault of ours. */
function failure(error: unknown): Failure {
  if (typeof error === "string" && error.startsWith("{")) return JSON.parse(error) as Failure;
  if (isFailure(error)) return error;
  console.error(error);
  return { code: loading === null ? "module-failed" : "server-error" };
}

function isFailure(error: unknown): error is Failure {
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" && !("message" in error);
}

function wipe(): void {
  fresh = null;
  void loading?.then((keys) => keys.forget());
}

function restartIdle(): void {
  clearTimeout(idle);
  idle = setTimeout(() => {
    wipe();
    scope.postMessage({ event: "wiped" });
  }, IDLE_MILLISECONDS);
}

type Progress = (key: string, values?: Record<string, string>) => void;
type Handlers = { [Name in CallName]: (args: Calls[Name][0], progress: Progress) => Promise<Calls[Name][1]> };

const handlers: Handlers = {
  async load() {
    await ring();
    return null;
  },

  async clock(args) {
    offset = args.now - Date.now();
    return null;
  },

  async touch() {
    return null;
  },

  async forget() {
    fresh = null;
    (await ring()).forget();
    return null;
  },

  async entries() {
    return JSON.parse((await ring()).entries()) as Entry[];
  },

  async openFiles({ files, password }, progress) {
    const keys = await ring();
    const opened: OpenedFile[] = [];
    for (const [place, file] of files.entries()) {
      progress("file-opening", { number: String(place + 1), count: String(files.length), file: file.name });
      opened.push(await openFile(keys, file, password));
    }
    return opened;
  },

  async checkPassword({ password }) {
    return JSON.parse((await ring()).check_password(password)) as Calls["checkPassword"][1];
  },

  async signChallenge({ entry, challenge, purpose }) {
    const keys = await ring();
    return toBase64(keys.sign_challenge(entry, utf8(challenge), purpose, "", scope.location.origin, now()));
  },

  async checkChallenge({ challenge, purpose, subject }) {
    (await ring()).check_challenge(utf8(challenge), purpose, subject, scope.location.origin);
    return null;
  },

  async takeRequests({ number, requests }) {
    const keys = await ring();
    keys.forget_new();
    const made = requests.map((request, place) => keys.add_request(fromBase64(request), NEW_KEY_PURPOSES[place] ?? "other"));
    fresh = { number, password: "", keys: made, installed: [] };
    return null;
  },

  async checkDocument({ document, number }) {
    const keys = await ring();
    keys.check_document(utf8(document), Uint32Array.from(freshFor(number).keys), number, scope.location.origin);
    return null;
  },

  async makeKeys({ number, keystore, password }, progress) {
    const keys = await ring();
    keys.forget_new();
    fresh = null;
    let done = 0;
    const say = (): void => {
      const values = { number: String(done + 1), count: String(NEW_KEY_PURPOSES.length) };
      if (done < NEW_KEY_PURPOSES.length) progress("progress-making-keys", values);
    };
    say();
    // Side by side: the browser has a thread for each.
    const making = NEW_KEY_PURPOSES.map(async (purpose) => {
      const made = await makeKey(keys, purpose);
      done += 1;
      say();
      return made;
    });
    const made = await Promise.all(making);
    const requests = made.map((key) => toBase64(keys.request(key, keystore)));
    progress("progress-locking-keys");
    const order = Uint32Array.from(made);
    const locked = await derived<{ keys: LockedKey[] }>(keys, () => keys.lock(order, password));
    fresh = { number, password, keys: made, installed: [] };
    return { requests, locked: { keys: locked.keys, bytes: keys.output() } } satisfies NewKeys;
  },

  async summary({ document }) {
    return JSON.parse((await ring()).summary(utf8(document))) as SummaryLine[];
  },

  async signDocument({ entry, document, number }) {
    const keys = await ring();
    if (fresh?.number !== number) throw { code: "signed-in-again" } satisfies Failure;
    const order = Uint32Array.from(fresh.keys);
    return toBase64(keys.sign_document(entry, utf8(document), order, number, scope.location.origin, now()));
  },

  async solveWork({ challenge }, progress) {
    const keys = await ring();
    // In pieces, so that other calls and the page's words get their turn.
    for (let from = 0; from < 2 ** 32 - WORK_PIECE; from += WORK_PIECE) {
      const found = keys.solve_work(challenge, from, WORK_PIECE);
      if (found !== "") return found;
      progress("progress-work");
      await new Promise((resolve) => setTimeout(resolve));
    }
    throw { code: "server-error" } satisfies Failure;
  },

  async signFirst({ document, number }) {
    const keys = await ring();
    const current = freshFor(number);
    const order = Uint32Array.from(current.keys);
    return toBase64(keys.sign_first(utf8(document), order, number, scope.location.origin));
  },

  async revocationSummary({ document }) {
    return JSON.parse((await ring()).revocation_summary(utf8(document))) as SummaryLine[];
  },

  async signRevocation({ entry, document, serials, event }) {
    const keys = await ring();
    return toBase64(keys.sign_revocation(entry, utf8(document), serials.join(" "), event, scope.location.origin, now()));
  },

  async checkRevocation({ document, serials, event }) {
    (await ring()).check_revocation(utf8(document), serials.join(" "), event, scope.location.origin);
    return null;
  },

  async decisionSummary({ document }) {
    return JSON.parse((await ring()).decision_summary(utf8(document))) as SummaryLine[];
  },

  async signDecision({ entry, document, about }) {
    const keys = await ring();
    return toBase64(keys.sign_decision(entry, utf8(document), about, scope.location.origin, now()));
  },

  async checkDecision({ document, about }) {
    (await ring()).check_decision(utf8(document), about, scope.location.origin);
    return null;
  },

  async newKeys() {
    return fresh?.number ?? null;
  },

  async unlockPending({ number, locked, password }, progress) {
    const keys = await ring();
    keys.forget_new();
    progress("progress-unlocking-keys");
    const purposes = locked.keys.map(({ purpose }) => purpose).join(" ");
    const { ids } = await derived<{ ids: number[] }>(
      keys,
      () => keys.unlock(locked.bytes, password, purposes),
      { bytes: locked.bytes, password },
    );
    fresh = { number, password, keys: ids, installed: [] };
    return null;
  },

  async planFiles({ certificates }) {
    return plan(await ring(), certificates);
  },

  async install({ number, certificates, chain }) {
    const keys = await ring();
    const current = freshFor(number);
    const issuers = joined(chain.map(fromBase64));
    const files: InstalledFile[] = [];
    for (const certificate of certificates) {
      const der = fromBase64(certificate);
      const { name, purpose } = await derived<{ name: string; purpose: Purpose }>(keys, () =>
        keys.install(der, issuers, current.password),
      );
      files.push({ name, purpose, bytes: keys.output() });
    }
    return files;
  },

  async verifyInstalled({ number, files }, progress) {
    const keys = await ring();
    const current = freshFor(number);
    const entries: Entry[] = [];
    for (const file of files) entries.push(await verified(keys, file, current.password, progress));
    current.installed = entries.map((entry) => entry.id);
    return entries;
  },

  async openSaved({ number, certificates, files, password }, progress) {
    const keys = await ring();
    const planned = plan(keys, certificates);
    const found: Entry[] = [];
    let wrong: Failure | null = null;
    for (const file of files) {
      try {
        found.push(await verified(keys, file, password, progress));
      } catch (error) {
        wrong ??= failure(error);
      }
    }
    const entries = planned.map(({ serial }) => found.find((entry) => entry.serial === serial));
    const missing = planned[entries.indexOf(undefined)];
    // A file that does not belong here may lie among the right ones.
    if (missing !== undefined) throw wrong ?? ({ code: "saved-others", values: { file: missing.name } } satisfies Failure);
    const right = entries.filter((entry) => entry !== undefined);
    keys.forget_new();
    fresh = { number, password, keys: [], installed: right.map(({ id }) => id) };
    return right;
  },

  async proveInstalled({ number, challenge }) {
    const keys = await ring();
    const current = freshFor(number);
    const text = utf8(challenge);
    const { origin } = scope.location;
    return current.installed.map((entry) =>
      toBase64(keys.sign_challenge(entry, text, "installation", number, origin, now())),
    );
  },

  async changePassword({ file, password, replacement }) {
    const keys = await ring();
    const { name } = await derived<{ name: string }>(keys, () =>
      keys.change_password(file.name, file.bytes, password, replacement),
    );
    const bytes = keys.output();
    await derived(keys, () => keys.verify_opens(bytes, replacement));
    return { name, bytes };
  },
};

function freshFor(number: string): Fresh {
  if (fresh?.number !== number) throw { code: "signed-in-again" } satisfies Failure;
  return fresh;
}

async function openFile(keys: KeyRing, file: KeyFile, password: string): Promise<OpenedFile> {
  try {
    const { entries } = await derived<{ entries: Entry[] }>(
      keys,
      () => keys.open(file.name, file.bytes, password),
      { bytes: file.bytes, password },
    );
    return { name: file.name, entries, failure: null };
  } catch (error) {
    return { name: file.name, entries: [], failure: failure(error) };
  }
}

/** Opens a finished file, checks its key against its certificate and lets it sign. */
async function verified(keys: KeyRing, file: KeyFile, password: string, progress: Progress): Promise<Entry> {
  progress("progress-checking", { file: file.name });
  const { entry } = await derived<{ entry: Entry }>(
    keys,
    () => keys.verify(file.name, file.bytes, password, now()),
    { bytes: file.bytes, password },
  );
  return entry;
}

/** The files that certificates will get. */
function plan(keys: KeyRing, certificates: readonly string[]): readonly PlannedFile[] {
  return certificates.map((certificate) => JSON.parse(keys.plan_file(fromBase64(certificate))) as PlannedFile);
}

/** RSA by the browser; the private key passes through this function into the module and nowhere else. */
async function makeKey(keys: KeyRing, purpose: Purpose): Promise<number> {
  const { subtle } = globalThis.crypto;
  if (subtle === undefined) throw { code: "insecure-page" } satisfies Failure;
  const pair = await subtle.generateKey(RSA_2048, true, ["sign", "verify"]);
  const pkcs8 = new Uint8Array(await subtle.exportKey("pkcs8", pair.privateKey));
  try {
    return keys.add_key(pkcs8, purpose);
  } finally {
    pkcs8.fill(0);
  }
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

async function answer({ id, call, args }: Request): Promise<void> {
  const progress: Progress = (key, values = {}) => scope.postMessage({ event: "progress", id, key, values });
  try {
    const handler = handlers[call] as (args: unknown, progress: Progress) => Promise<unknown>;
    scope.postMessage({ id, ok: await handler(args, progress) });
  } catch (error) {
    scope.postMessage({ id, error: failure(error) });
  } finally {
    restartIdle();
  }
}

scope.onmessage = ({ data }) => {
  restartIdle();
  queue = queue.then(() => answer(data));
};
