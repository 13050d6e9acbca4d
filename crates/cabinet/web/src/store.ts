/** What stays on this device between visits: encrypted new keys, and the folder that was chosen. */
import type { LockedKeys } from "./protocol.js";

/** New keys that wait for their certificates. */
export interface Pending {
  /** Made for each attempt: two tabs may apply under one number. */
  readonly id: string;
  readonly number: string;
  /** Seconds since 1970. */
  readonly created: number;
  readonly locked: LockedKeys;
  /** The files in which these keys lie with their certificates, once they were saved. */
  readonly saved?: Saved;
}

/** Finished key files that were saved, before the authority heard of it. */
export interface Saved {
  /** Seconds since 1970. */
  readonly at: number;
  readonly files: readonly string[];
  /** The name of their folder; `null` where the browser took them as downloads. */
  readonly folder: string | null;
}

const DATABASE = "tanba";
const VERSION = 1;
const PENDING = "pending";
const FOLDERS = "folders";
const KEYS_FOLDER = "keys";

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, VERSION);
    request.onupgradeneeded = () => {
      const { result } = request;
      result.createObjectStore(PENDING, { keyPath: "id" }).createIndex("number", "number");
      result.createObjectStore(FOLDERS);
    };
    request.onsuccess = () => {
      const { result } = request;
      // Another tab wants to change or delete the database.
      result.onversionchange = () => result.close();
      resolve(result);
    };
    request.onerror = () => reject(request.error ?? new Error("no database"));
    request.onblocked = () => reject(new Error("the database is in use"));
  });
}

type Mode = "readonly" | "readwrite";

async function transact<T>(store: string, mode: Mode, use: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const database = await open();
  try {
    return await new Promise<T>((resolve, reject) => {
      const options: IDBTransactionOptions = { durability: "strict" };
      const transaction = database.transaction(store, mode, options);
      const request = use(transaction.objectStore(store));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(transaction.error ?? new Error("not stored"));
    });
  } finally {
    database.close();
  }
}

/** Keeps new keys. When this returns, they are on the disk and survive a power cut. */
export async function keepPending(pending: Pending): Promise<void> {
  await transact(PENDING, "readwrite", (store) => store.put(pending));
  // Without this a browser may clear the data when the disk gets full. It may refuse; the keys are stored all the same.
  await navigator.storage?.persist?.().catch(() => false);
}

/** The attempts of an application, the newest first. */
export async function pendingOf(number: string): Promise<readonly Pending[]> {
  const found = await transact<Pending[]>(PENDING, "readonly", (store) => store.index("number").getAll(number));
  return found.sort((a, b) => b.created - a.created);
}

/** Remembers that the files of an attempt were saved; its keys stay where they are. */
export async function rememberSaved(pending: Pending, saved: Saved): Promise<void> {
  await transact(PENDING, "readwrite", (store) => store.put({ ...pending, saved }));
}

export async function dropPending(ids: readonly string[]): Promise<void> {
  for (const id of ids) await transact(PENDING, "readwrite", (store) => store.delete(id));
}

/**
 * Serial numbers of the certificates that were put into a token, until the authority has heard of it. They lie among the
 * folders under a name of their own: another version of the database could not be opened by scripts of before.
 */
export async function rememberInToken(number: string, serials: readonly string[]): Promise<void> {
  await transact(FOLDERS, "readwrite", (store) => store.put(serials, inToken(number))).catch(() => undefined);
}

export async function rememberedInToken(number: string): Promise<readonly string[]> {
  const found: unknown = await transact(FOLDERS, "readonly", (store) => store.get(inToken(number))).catch(() => null);
  return Array.isArray(found) ? found.filter((serial): serial is string => typeof serial === "string") : [];
}

export async function forgetInToken(number: string): Promise<void> {
  await transact(FOLDERS, "readwrite", (store) => store.delete(inToken(number))).catch(() => undefined);
}

function inToken(number: string): string {
  return `in-token-${number}`;
}

export async function rememberFolder(folder: FileSystemDirectoryHandle): Promise<void> {
  await transact(FOLDERS, "readwrite", (store) => store.put(folder, KEYS_FOLDER)).catch(() => undefined);
}

export async function rememberedFolder(): Promise<FileSystemDirectoryHandle | null> {
  const found: unknown = await transact(FOLDERS, "readonly", (store) => store.get(KEYS_FOLDER)).catch(() => null);
  return found instanceof FileSystemDirectoryHandle ? found : null;
}
