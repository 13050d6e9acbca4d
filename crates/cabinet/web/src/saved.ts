/**
 * Files that were saved before the page was left: they are opened once more, and the installation goes on to its end.
 *
 * Nothing is made and nothing is written; the keys that wait on this device stay there until the end.
 */
import { button, element, find, input, make, onClick, once, show } from "./dom.js";
import { allowed, read, readNamed } from "./folder.js";
import { call } from "./keys.js";
import { dateTime, text } from "./messages.js";
import { helpPassword } from "./password.js";
import { Problem } from "./problem.js";
import { placeProgress, progress, progressEnd } from "./progress.js";
import type { KeyFile } from "./protocol.js";
import { type Saved, rememberedFolder } from "./store.js";

/** What the installation does for this part of it. */
export interface SavedActions {
  readonly number: string;
  /** Runs an action and shows its error. */
  readonly run: (action: () => Promise<void>) => Promise<void>;
  /** The application's certificates, base64. */
  readonly certificates: () => Promise<readonly string[]>;
  /** These files were opened and hold what was issued. */
  readonly opened: (files: readonly string[]) => void;
  /** The files are gone, or she wants them elsewhere: they are written as if for the first time. */
  readonly again: () => void;
}

export class SavedFiles {
  readonly #actions: SavedActions;
  #saved: Saved | null = null;
  /** Chosen by hand. */
  #chosen: readonly File[] = [];

  constructor(actions: SavedActions) {
    this.#actions = actions;
  }

  start(): void {
    helpPassword("saved-password");
    const check = (): Promise<void> => this.#actions.run(() => this.#check());
    onClick(button("saved-check"), check);
    onClick(button("saved-again"), async () => this.#actions.again());
    const field = input("saved-files");
    onClick(button("saved-choose"), async () => field?.click());
    field?.addEventListener("change", () => this.#choose([...(field.files ?? [])]));
    input("saved-password")?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      void once(button("saved-check"), check);
    });
  }

  /** Tells what was saved; with `null`, that it may have been saved by another browser. */
  show(saved: Saved | null): void {
    this.#saved = saved;
    show(element("saved-section"));
    show(element("saved-lead"), saved !== null);
    show(element("saved-lead-elsewhere"), saved === null);
    show(button("saved-again"), saved !== null);
    const note = element("saved-note");
    show(note, saved !== null);
    if (note !== null && saved !== null) {
      const values = { date: dateTime(saved.at), folder: saved.folder ?? "" };
      note.textContent = text(saved.folder === null ? "saved-downloaded" : "saved-in-folder", values);
    }
    // What lies in a folder that this browser remembers is read from there.
    show(element("saved-choice"), saved === null || saved.folder === null);
    this.#list(saved?.files ?? []);
  }

  hide(): void {
    show(element("saved-section"), false);
  }

  #choose(files: readonly File[]): void {
    if (files.length === 0) return;
    this.#chosen = files;
    this.#list(files.map(({ name }) => name));
    input("saved-password")?.focus();
  }

  #list(names: readonly string[]): void {
    const list = element("saved-list");
    if (list === null) return;
    list.replaceChildren(...names.map((name) => make("li", { text: name, attributes: { "data-file": name } })));
    list.hidden = names.length === 0;
  }

  async #check(): Promise<void> {
    // Permissions first: browsers ask only right after a click.
    const files = await this.#files();
    const field = find("#saved-password", HTMLInputElement);
    const password = field?.value ?? "";
    if (password === "") throw Problem.of("password-missing", {}, "saved-password");
    placeProgress(button("saved-check"));
    progress("progress-certificates");
    const { number } = this.#actions;
    const certificates = await this.#actions.certificates();
    try {
      await call("openSaved", { number, certificates, files, password });
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.code === "file-wrong-password") throw Problem.of("saved-wrong-password", {}, "saved-password");
      this.#byHand();
      throw error.at("saved-choose");
    }
    if (field !== null) field.value = "";
    progressEnd("progress-done");
    this.#actions.opened(files.map(({ name }) => name));
  }

  async #files(): Promise<readonly KeyFile[]> {
    if (this.#chosen.length > 0) return this.#chosenFiles();
    const saved = this.#saved;
    if (saved === null || saved.folder === null) throw Problem.of("saved-none-chosen", {}, "saved-choose");
    const folder = await rememberedFolder();
    if (folder?.name === saved.folder && (await allowed(folder, "read"))) {
      const found = await readNamed(folder, saved.files);
      if (found !== null) return found;
    }
    this.#byHand();
    throw Problem.of("saved-not-there", { folder: saved.folder }, "saved-choose");
  }

  async #chosenFiles(): Promise<readonly KeyFile[]> {
    const files: KeyFile[] = [];
    for (const file of this.#chosen) {
      const content = await read(file);
      if ("code" in content) throw Problem.of(content.code, {}, "saved-choose");
      files.push(content);
    }
    return files;
  }

  #byHand(): void {
    this.#chosen = [];
    show(element("saved-choice"));
  }
}
