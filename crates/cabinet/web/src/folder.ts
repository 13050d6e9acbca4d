/** Folders and files of this computer, where the browser lets a page have them; downloads where not. */
import { make } from "./dom.js";
import { Problem } from "./problem.js";
import type { KeyFile } from "./protocol.js";
import { rememberFolder, rememberedFolder } from "./store.js";

interface PickerOptions {
  readonly id?: string;
  readonly mode?: "read" | "readwrite";
  readonly startIn?: FileSystemHandle | string;
}

/** What the standard library of TypeScript does not know yet. */
interface PermissionHandle {
  queryPermission?(options: { mode: "read" | "readwrite" }): Promise<PermissionState>;
  requestPermission?(options: { mode: "read" | "readwrite" }): Promise<PermissionState>;
}

type Picker = (options: PickerOptions) => Promise<FileSystemDirectoryHandle>;

/** Files of a folder that are looked at: key stores are small, and folders may hold anything. */
export const MAX_FILES = 200;
export const MAX_FILE_OCTETS = 1024 * 1024;
const KEY_STORE_NAME = /\.(p12|pfx)$/i;

let chosen: FileSystemDirectoryHandle | null = null;

function picker(): Picker | null {
  const found = (globalThis as { showDirectoryPicker?: Picker }).showDirectoryPicker;
  return typeof found === "function" ? found.bind(globalThis) : null;
}

/** Whether this browser can open folders. */
export function canOpenFolders(): boolean {
  return picker() !== null;
}

/** The folder that was chosen in this document. */
export function chosenFolder(): FileSystemDirectoryHandle | null {
  return chosen;
}

export function useFolder(folder: FileSystemDirectoryHandle): void {
  chosen = folder;
  void rememberFolder(folder);
}

/** Asks for a folder; `null` when the person changed her mind. */
export async function pickFolder(mode: "read" | "readwrite"): Promise<FileSystemDirectoryHandle | null> {
  const pick = picker();
  if (pick === null) return null;
  const before = chosen ?? (await rememberedFolder());
  const options: PickerOptions = { id: "tanba-keys", mode, ...(before === null ? {} : { startIn: before }) };
  try {
    const folder = await pick(options);
    useFolder(folder);
    return folder;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return null;
    throw Problem.of("folder-refused");
  }
}

/** Whether the folder may be read or written; asks where the browser has to. */
export async function allowed(folder: FileSystemDirectoryHandle, mode: "read" | "readwrite"): Promise<boolean> {
  const handle = folder as PermissionHandle;
  if ((await handle.queryPermission?.({ mode })) === "granted" || handle.queryPermission === undefined) return true;
  return (await handle.requestPermission?.({ mode }).catch(() => "denied")) === "granted";
}

/** The key files of a folder, by name; more than [`MAX_FILES`] are cut off and said. */
export async function keyFilesOf(
  folder: FileSystemDirectoryHandle,
): Promise<{ readonly files: readonly File[]; readonly cut: boolean }> {
  const files: File[] = [];
  let cut = false;
  try {
    for await (const handle of folder.values()) {
      if (handle.kind !== "file" || !KEY_STORE_NAME.test(handle.name)) continue;
      if (files.length === MAX_FILES) {
        cut = true;
        break;
      }
      files.push(await (handle as FileSystemFileHandle).getFile());
    }
  } catch {
    throw Problem.of("folder-unreadable");
  }
  files.sort((a, b) => a.name.localeCompare(b.name));
  return { files, cut };
}

/** Reads a file that was chosen; what is too large or gone is said by the code. */
export async function read(file: File): Promise<KeyFile | { readonly code: string }> {
  if (file.size > MAX_FILE_OCTETS) return { code: "file-too-large" };
  try {
    return { name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) };
  } catch {
    return { code: "file-unreadable" };
  }
}

/** The files of these names; `null` when one of them is not there, or cannot be read. */
export async function readNamed(folder: FileSystemDirectoryHandle, names: readonly string[]): Promise<readonly KeyFile[] | null> {
  const files: KeyFile[] = [];
  for (const name of names) {
    const file = await folder.getFileHandle(name).then(
      (handle) => handle.getFile(),
      () => null,
    );
    const content = file === null ? null : await read(file);
    if (content === null || "code" in content) return null;
    files.push(content);
  }
  return files;
}

/** Writes a file as a whole, or not at all, and reads it back from the disk. */
export async function writeAndReadBack(folder: FileSystemDirectoryHandle, file: KeyFile): Promise<Uint8Array> {
  try {
    const handle = await folder.getFileHandle(file.name, { create: true });
    const stream = await handle.createWritable();
    await stream.write(file.bytes as Uint8Array<ArrayBuffer>);
    await stream.close();
    const again = await folder.getFileHandle(file.name);
    return new Uint8Array(await (await again.getFile()).arrayBuffer());
  } catch {
    throw Problem.of("install-write-failed", { file: file.name });
  }
}

/** The name, or with a number after it the first that no file of the folder has. */
export async function unusedName(folder: FileSystemDirectoryHandle, name: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? name : `${name}${number}`;
    const taken = await folder.getFileHandle(candidate).then(
      () => true,
      () => false,
    );
    if (!taken) return candidate;
  }
}

const KEEP_ADDRESS_MILLISECONDS = 60_000;

/** Hands a file to the browser's downloads. */
export function download(file: KeyFile, type = "application/x-pkcs12"): void {
  const address = URL.createObjectURL(new Blob([file.bytes as Uint8Array<ArrayBuffer>], { type }));
  const link = make("a", { attributes: { href: address, download: file.name } });
  link.hidden = true;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), KEEP_ADDRESS_MILLISECONDS);
}
