/** Changing the password of key files, entirely on this device, and the PIN of tokens, by the agent. */
import { changePin } from "./agent.js";
import { Chooser } from "./chooser.js";
import { button, element, find, focusOn, input, make, once, onClick, show } from "./dom.js";
import { allowed, canOpenFolders, download, read, unusedName, writeAndReadBack } from "./folder.js";
import { call } from "./keys.js";
import { text } from "./messages.js";
import { NewPassword, helpPassword } from "./password.js";
import { Problem, clearProblems, localised, showError } from "./problem.js";
import { placeProgress, progress, progressEnd } from "./progress.js";
import type { KeyFile } from "./protocol.js";

export async function start(): Promise<void> {
  const form = find("#password-form", HTMLFormElement);
  const field = helpPassword("new-password");
  if (form === null || field === null) return;
  helpPassword("password");
  const replacement = new NewPassword(field, helpPassword("new-password-repeat"), element("password-strength"));
  const ids = { list: "file-list", input: "file-input", folder: "choose-folder", files: "choose-files", zone: "drop-zone" };
  show(element("keep-old-section"), canOpenFolders());
  const chooser = new Chooser(ids, () => {
    clearProblems();
    input("password")?.focus();
  });
  onClick(button("change-pin"), async () => {
    try {
      clearProblems();
      await changeOfPin();
    } catch (error) {
      progressEnd();
      showError(error);
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void once(button("change-password"), async () => {
      try {
        clearProblems();
        await change(chooser, replacement);
      } catch (error) {
        progressEnd();
        showError(error);
      }
    });
  });
}

/** The old PIN and the new one are typed in the agent's dialog. */
async function changeOfPin(): Promise<void> {
  const storage = find("#pin-storage", HTMLSelectElement)?.value ?? "";
  placeProgress(button("change-pin"));
  progress("progress-agent");
  await changePin(storage);
  progressEnd();
  const line = element("pin-result");
  if (line !== null) line.textContent = text("agent-pin-changed", { keystore: text(`keystore-${storage}`) });
  focusOn(line);
}

async function change(chooser: Chooser, newPassword: NewPassword): Promise<void> {
  if (chooser.count === 0) throw Problem.of("files-none", {}, "choose-files");
  const field = input("password");
  const password = field?.value ?? "";
  const replacement = await newPassword.checked();
  if (replacement === password) throw Problem.of("passwd-same", {}, "new-password");
  let changed = 0;
  for (const [place, { file, folder }] of chooser.items.entries()) {
    progress("file-opening", { number: place + 1, count: chooser.count, file: file.name });
    if (folder !== null && !(await allowed(folder, "readwrite"))) throw Problem.of("folder-refused", {}, "choose-folder");
    const before = await read(file);
    if ("code" in before) {
      chooser.say(file, "failed", text(before.code));
      continue;
    }
    try {
      const after = await call("changePassword", { file: before, password, replacement });
      await save(folder, before, after);
      changed += 1;
      chooser.say(file, "open", text("file-open"));
      report(folder, after.name);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      chooser.say(file, "failed", error.message);
    }
  }
  progressEnd("files-opened", localised({ opened: String(changed), count: String(chooser.count) }));
  if (changed === 0) throw Problem.of("files-none-opened", {}, "password");
  if (field !== null) field.value = "";
  newPassword.clear();
}

/** In a folder the file is replaced and read back; if that fails, the old one is put back. */
async function save(folder: FileSystemDirectoryHandle | null, before: KeyFile, after: KeyFile): Promise<void> {
  if (folder === null) {
    download(after);
    return;
  }
  if (input("keep-old")?.checked === true) {
    const copy = { name: await unusedName(folder, `${before.name}.old`), bytes: before.bytes };
    const kept = await writeAndReadBack(folder, copy);
    if (!same(kept, before.bytes)) throw Problem.of("install-write-failed", { file: copy.name });
    element("password-results")?.append(make("li", { text: text("passwd-backup", { file: copy.name }) }));
  }
  const read = await writeAndReadBack(folder, { name: before.name, bytes: after.bytes }).catch(() => null);
  if (read !== null && same(read, after.bytes)) return;
  await writeAndReadBack(folder, before).catch(() => undefined);
  throw Problem.of("install-write-failed", { file: before.name });
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, place) => octet === b[place]);
}

function report(folder: FileSystemDirectoryHandle | null, name: string): void {
  const sentence = folder === null ? text("passwd-downloaded", { file: name }) : text("passwd-done", { file: name });
  element("password-results")?.append(make("li", { text: sentence }));
}
