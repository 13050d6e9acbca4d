/**
 * Choosing key files: a folder, files, or both dropped on the page; then opening all that a password fits.
 *
 * What was chosen outlives the page (one document): after a change of language the list is still there.
 */
import { learnClock } from "./api.js";
import { button, element, find, input, make, onClick } from "./dom.js";
import { keyFilesOf, MAX_FILES, pickFolder, read, useFolder, canOpenFolders } from "./folder.js";
import { call } from "./keys.js";
import { text } from "./messages.js";
import { Problem, clearProblems, localised, showError } from "./problem.js";
import { progress, progressEnd } from "./progress.js";
import type { Entry, KeyFile, OpenedFile } from "./protocol.js";

interface Chosen {
  readonly file: File;
  /** Where it lies, if it was found in a folder that the browser opened. */
  readonly folder: FileSystemDirectoryHandle | null;
  status: string;
  state: "waiting" | "open" | "failed";
  /** Whether no password opens it: then it goes when others are chosen. */
  hopeless: boolean;
}

/** Ids of the page's elements. */
export interface ChooserIds {
  readonly list: string;
  readonly input: string;
  readonly folder: string;
  readonly files: string;
  readonly zone?: string;
}

let chosen: Chosen[] = [];

/** The files that are on the list. */
export class Chooser {
  readonly #ids: ChooserIds;
  readonly #changed: () => void;

  constructor(ids: ChooserIds, changed: () => void) {
    this.#ids = ids;
    this.#changed = changed;
    const picker = button(ids.folder);
    if (picker !== null) picker.hidden = !canOpenFolders();
    onClick(picker, () => this.#guard(() => this.#chooseFolder()));
    const field = input(ids.input);
    onClick(button(ids.files), async () => field?.click());
    field?.addEventListener("change", () => {
      this.#add([...(field.files ?? [])]);
      field.value = "";
    });
    if (ids.zone !== undefined) this.#takeDrops(element(ids.zone));
    this.#render();
  }

  get count(): number {
    return chosen.length;
  }

  get items(): readonly { readonly file: File; readonly folder: FileSystemDirectoryHandle | null }[] {
    return chosen;
  }

  /** Says of one file what became of it. */
  say(file: File, state: "open" | "failed", status: string): void {
    const item = chosen.find((other) => other.file === file);
    if (item !== undefined) this.#mark(item, state, status);
    this.#render();
  }

  /** Opens every file that the password fits; the others say why not. */
  async open(password: string): Promise<readonly Entry[]> {
    if (chosen.length === 0) throw Problem.of("files-none", {}, this.#ids.files);
    progress("progress-loading");
    await learnClock();
    await call("load", {});
    const readable: KeyFile[] = [];
    const places: Chosen[] = [];
    for (const item of chosen) {
      const content = await read(item.file);
      if ("code" in content) {
        this.#mark(item, "failed", text(content.code));
        item.hopeless = true;
        continue;
      }
      readable.push(content);
      places.push(item);
    }
    const opened = await call("openFiles", { files: readable, password });
    for (const [place, result] of opened.entries()) {
      const item = places[place];
      if (item !== undefined) this.#markResult(item, result);
    }
    this.#render();
    const entries = opened.flatMap((result) => result.entries);
    const count = chosen.filter(({ state }) => state === "open").length;
    progressEnd("files-opened", { opened: count, count: chosen.length });
    if (count === 0) throw this.#noneOpened(opened);
    return entries;
  }

  /** One reason for all is said as it is; else the password is the likeliest. */
  #noneOpened(opened: readonly OpenedFile[]): Problem {
    const only = opened.length === 1 ? opened[0]?.failure : undefined;
    if (only !== undefined && only !== null && only.code !== "file-wrong-password") {
      return Problem.of(only.code, localised(only.values ?? {}), this.#ids.files);
    }
    if (chosen.length > 0 && opened.length === 0) return new Problem("file-unreadable", chosen[0]?.status ?? "", { field: this.#ids.files });
    const wrong = opened.some(({ failure }) => failure?.code === "file-wrong-password");
    return wrong ? Problem.of("files-none-opened") : Problem.of("files-none-usable", {}, this.#ids.files);
  }

  #markResult(item: Chosen, result: OpenedFile): void {
    if (result.failure === null) this.#mark(item, "open", text("file-open"));
    else this.#mark(item, "failed", text(result.failure.code, localised(result.failure.values ?? {})));
    item.hopeless = result.failure !== null && result.failure.code !== "file-wrong-password";
  }

  #mark(item: Chosen, state: Chosen["state"], status: string): void {
    item.state = state;
    item.status = status;
  }

  async #guard(action: () => Promise<void>): Promise<void> {
    try {
      clearProblems();
      await action();
    } catch (error) {
      progressEnd();
      showError(error instanceof Problem && error.field === null ? error.at(this.#ids.folder) : error);
    }
  }

  async #chooseFolder(): Promise<void> {
    const folder = await pickFolder("read");
    if (folder !== null) await this.#takeFolder(folder);
  }

  async #takeFolder(folder: FileSystemDirectoryHandle): Promise<void> {
    const { files, cut } = await keyFilesOf(folder);
    if (files.length === 0) throw Problem.of("folder-no-keys", { folder: folder.name }, this.#ids.folder);
    chosen = [];
    this.#add(files, folder);
    if (cut) progressEnd("file-too-many", { count: MAX_FILES });
    else progressEnd("folder-chosen", { folder: folder.name, count: files.length });
  }

  #add(files: readonly File[], folder: FileSystemDirectoryHandle | null = null): void {
    if (files.length > 0) chosen = chosen.filter(({ hopeless }) => !hopeless);
    for (const file of files) {
      const same = chosen.findIndex(({ file: other }) => other.name === file.name && other.size === file.size);
      if (same >= 0) chosen.splice(same, 1);
      chosen.push({ file, folder, status: text("file-waiting"), state: "waiting", hopeless: false });
    }
    chosen = chosen.slice(0, MAX_FILES);
    // While the password is typed the module loads.
    call("load", {}).catch(() => undefined);
    this.#render();
    this.#changed();
  }

  #takeDrops(zone: HTMLElement | null): void {
    if (zone === null) return;
    const over = (event: DragEvent, on: boolean): void => {
      event.preventDefault();
      zone.classList.toggle("tanba-drop-zone--over", on);
    };
    zone.addEventListener("dragenter", (event) => over(event, true));
    zone.addEventListener("dragover", (event) => over(event, true));
    zone.addEventListener("dragleave", (event) => over(event, false));
    zone.addEventListener("drop", (event) => {
      over(event, false);
      // Handles must be asked for before the event is over.
      const items = [...(event.dataTransfer?.items ?? [])].filter(({ kind }) => kind === "file");
      const handles = items.map((item) => handleOf(item));
      const files = [...(event.dataTransfer?.files ?? [])];
      void this.#guard(() => this.#takeDropped(handles, files));
    });
  }

  async #takeDropped(handles: readonly Promise<FileSystemHandle | null>[], files: readonly File[]): Promise<void> {
    const found = await Promise.all(handles);
    const folder = found.find((handle) => handle?.kind === "directory");
    if (folder instanceof FileSystemDirectoryHandle) {
      useFolder(folder);
      await this.#takeFolder(folder);
      return;
    }
    this.#add(files);
  }

  #render(): void {
    const list = element(this.#ids.list);
    if (list === null) return;
    list.replaceChildren(...chosen.map((item) => this.#row(item)));
    list.hidden = chosen.length === 0;
  }

  #row(item: Chosen): HTMLElement {
    const remove = make("button", {
      class: "tanba-file-list__remove",
      text: "×",
      attributes: { type: "button", "aria-label": text("file-remove", { file: item.file.name }) },
    });
    remove.addEventListener("click", () => {
      const next = element(this.#ids.list)?.querySelectorAll("button");
      const place = chosen.indexOf(item);
      chosen = chosen.filter((other) => other !== item);
      this.#render();
      this.#changed();
      const after = next === undefined ? null : find(`li:nth-child(${String(Math.min(place + 1, chosen.length))}) button`, HTMLButtonElement, element(this.#ids.list) ?? document);
      (after ?? button(this.#ids.files))?.focus();
    });
    return make(
      "li",
      { class: "tanba-file-list__item", attributes: { "data-state": item.state } },
      make("span", { class: "tanba-file-list__name", text: item.file.name }),
      make("span", { class: "tanba-file-list__status", text: item.status }),
      remove,
    );
  }
}

function handleOf(item: DataTransferItem): Promise<FileSystemHandle | null> {
  const modern = item as DataTransferItem & { getAsFileSystemHandle?(): Promise<FileSystemHandle | null> };
  return modern.getAsFileSystemHandle?.().catch(() => null) ?? Promise.resolve(null);
}

/** Forgets the list, at sign-out. */
export function forgetChosen(): void {
  chosen = [];
}
