/** The number, installation, and the end. */
import { install, sign } from "./agent.js";
import { get, now, post } from "./api.js";
import { forgetChosen } from "./chooser.js";
import { button, element, find, focusOn, input, make, onClick, once, show } from "./dom.js";
import { allowed, canOpenFolders, chosenFolder, download, pickFolder, writeAndReadBack } from "./folder.js";
import { call, isRunning } from "./keys.js";
import { date, grouped, text } from "./messages.js";
import { refresh } from "./navigation.js";
import { helpPassword } from "./password.js";
import { Problem, clearProblems, showError } from "./problem.js";
import { placeProgress, progress, progressEnd } from "./progress.js";
import type { InstalledFile, KeyFile, PlannedFile } from "./protocol.js";
import { SavedFiles } from "./saved.js";
import { type Pending, type Saved, dropPending, forgetInToken, pendingOf, rememberInToken, rememberSaved, rememberedInToken } from "./store.js";
import { PKCS12 } from "./token.js";

type Target = FileSystemDirectoryHandle | "download" | null;

interface Certificates {
  readonly certificates: readonly string[];
  readonly chain: readonly string[];
}

interface Finished {
  readonly number: string;
  readonly superseded: number;
}

/** Outlive a change of language. */
let checkedNumber: string | null = null;
let finished: Finished | null = null;

export async function start(): Promise<void> {
  const root = element("application");
  if (root === null) return;
  const { number = "", state = "", keystore = PKCS12 } = root.dataset;
  startNumber(number);
  if (state === "INSTALLED") {
    if (finished?.number === number) showFacts(finished);
    await forgetPending(number);
  }
  // Nothing will ever be issued for these keys.
  if (["REJECTED", "CANCELLED", "EXPIRED"].includes(state)) await forgetPending(number);
  // The page of first keys shows the number without the means to install, and nothing there has a right to the certificates.
  if (state !== "ISSUED" || element("install-section") === null) return;
  if (keystore === PKCS12) await new Installation(number).start();
  else await new TokenInstallation(number, keystore).start();
}

/** Certificates go into a token beside the keys that were made there; the agent asks for its PIN. */
class TokenInstallation {
  readonly #number: string;
  readonly #keystore: string;
  /** Serial numbers of what lies in the token. */
  #installed: readonly string[] = [];

  constructor(number: string, keystore: string) {
    this.#number = number;
    this.#keystore = keystore;
  }

  async start(): Promise<void> {
    onClick(button("install-start"), () => guarded(() => this.#install()));
    onClick(button("finish"), () => guarded(() => this.#finish()));
    // The page was left after the token had taken them: its keys do not wait any more, only the end is left.
    this.#installed = await rememberedInToken(this.#number);
    if (this.#installed.length > 0) this.#showDone();
  }

  async #install(): Promise<void> {
    placeProgress(button("install-start"));
    progress("progress-agent");
    const issued = await get<Certificates>(`/applications/${this.#number}/certificates`);
    const installed = await install(this.#keystore, issued.certificates, issued.chain);
    this.#installed = installed.map(({ serial }) => serial);
    await rememberInToken(this.#number, this.#installed);
    progressEnd("progress-done");
    this.#showDone();
    focusOn(element("done-title"));
  }

  #showDone(): void {
    const keystore = text(`keystore-${this.#keystore}`);
    const lines = this.#installed.map((serial) =>
      make("li", { text: text("installed-in-token", { keystore, serial: grouped(serial) }), class: "tanba-checks__done", attributes: { "data-serial": serial } }),
    );
    element("done-checks")?.replaceChildren(...lines);
    showChecked(true);
  }

  /** Each new key signs a challenge of its own: the token works, and the authority knows. */
  async #finish(): Promise<void> {
    placeProgress(button("finish"));
    progress("progress-agent");
    const { challenge } = await post<{ challenge: string }>(`/applications/${this.#number}/installation/challenge`, {});
    await call("checkChallenge", { challenge, purpose: "installation", subject: this.#number });
    const proofs: string[] = [];
    for (const serial of this.#installed) {
      proofs.push(await this.#proof(challenge, serial));
    }
    await report(this.#number, proofs);
  }

  async #proof(challenge: string, serial: string): Promise<string> {
    try {
      return await sign({ storage: this.#keystore, document: challenge, serial });
    } catch (error) {
      // The certificates may be there all the same, or somebody took them out: both ways on stand open, and what the token
      // took is known until it takes them anew.
      if (error instanceof Problem && error.code === "agent-failed") show(element("install-section"), true);
      throw error;
    }
  }
}

/** While files are checked and not finished with, what to do next stands in their own section. */
function showChecked(checked: boolean): void {
  show(element("install-section"), !checked);
  show(element("next-step"), !checked);
  show(element("done-section"), checked);
}

/** The proofs reach the authority, and the page becomes what the server says. */
async function report(number: string, proofs: readonly string[]): Promise<void> {
  const answer = await post<{ superseded?: readonly string[] }>(`/applications/${number}/installation`, {
    proofs,
    revoke_old: input("revoke-old")?.checked === true,
  });
  finished = { number, superseded: answer.superseded?.length ?? 0 };
  await forgetPending(number);
  if (isRunning()) await call("forget", {});
  forgetChosen();
  progressEnd();
  // The page as the server tells it now: the timeline has its last step.
  await refresh();
  focusOn(element("done-title"));
}

async function guarded(action: () => Promise<void>): Promise<void> {
  try {
    clearProblems();
    await action();
  } catch (error) {
    progressEnd();
    showError(error);
  }
}

function startNumber(number: string): void {
  const status = element("copy-status");
  onClick(button("copy-number"), async () => {
    const copied = await navigator.clipboard?.writeText(number).then(
      () => true,
      () => false,
    );
    if (status !== null) status.textContent = text(copied === true ? "number-copied" : "number-copy-failed");
  });
  button("print")?.addEventListener("click", () => print());
}

async function forgetPending(number: string): Promise<void> {
  const kept = await pendingOf(number).catch((): readonly Pending[] => []);
  await dropPending(kept.map(({ id }) => id)).catch(() => undefined);
  await forgetInToken(number);
}

class Installation {
  readonly #number: string;
  #target: Target = null;
  #pending: readonly Pending[] = [];
  #issued: Certificates | null = null;
  #plan: readonly PlannedFile[] = [];
  readonly #saved: SavedFiles;

  constructor(number: string) {
    this.#number = number;
    this.#saved = new SavedFiles({
      number,
      run: guarded,
      certificates: async () => (this.#issued ?? (await this.#fetch())).certificates,
      opened: (files) => this.#opened(files),
      again: () => this.#showInstall(),
    });
  }

  async start(): Promise<void> {
    helpPassword("install-password");
    onClick(button("install-folder"), () => guarded(() => this.#chooseFolder()));
    onClick(button("install-download"), async () => this.#setTarget("download"));
    onClick(button("install-start"), () => guarded(() => this.#install()));
    input("install-password")?.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      void once(button("install-start"), () => guarded(() => this.#install()));
    });
    onClick(button("finish"), () => guarded(() => this.#finish()));
    this.#saved.start();
    show(button("install-folder"), canOpenFolders());
    this.#setTarget(canOpenFolders() ? chosenFolder() : "download");
    if (checkedNumber === this.#number && (await this.#inMemory())) {
      this.#showDone();
      return;
    }
    await this.#showPending();
    await this.#showPlan().catch(() => undefined);
  }

  async #inMemory(): Promise<boolean> {
    return isRunning() && (await call("newKeys", {})) === this.#number;
  }

  /** Says what this browser has, and asks for the password only if the keys are not in memory. */
  async #showPending(): Promise<void> {
    this.#pending = await pendingOf(this.#number).catch((): readonly Pending[] => []);
    if (await this.#inMemory()) return;
    const note = element("install-pending");
    const newest = this.#pending[0];
    show(note, true);
    if (note !== null) {
      note.textContent = newest === undefined ? text("install-no-pending") : text("pending-found", { date: date(newest.created) });
    }
    show(element("install-password-section"), newest !== undefined);
    // Without the keys there is nothing to write; where they are gone for good, what was issued has to be revoked.
    show(element("install-steps"), newest !== undefined);
    show(element("install-lost"), newest === undefined);
    this.#showSaved();
  }

  /** Where the files were saved already, only the end is left; where this browser knows nothing, they may be elsewhere. */
  #showSaved(): void {
    const saved = this.#pending.find((attempt) => attempt.saved !== undefined)?.saved ?? null;
    if (saved === null && this.#pending.length > 0) return;
    this.#saved.show(saved);
    if (saved === null) return;
    show(element("install-section"), false);
    show(element("next-step"), false);
  }

  #showInstall(): void {
    clearProblems();
    this.#saved.hide();
    showChecked(false);
    focusOn(element("install-title"));
  }

  #opened(files: readonly string[]): void {
    checkedNumber = this.#number;
    for (const file of files) this.#report(file, text("saved-opened", { file }));
    this.#showDone();
  }

  async #fetch(): Promise<Certificates> {
    this.#issued = await get<Certificates>(`/applications/${this.#number}/certificates`);
    return this.#issued;
  }

  async #showPlan(): Promise<void> {
    const { certificates } = await this.#fetch();
    this.#plan = await call("planFiles", { certificates });
    const list = element("install-list");
    list?.replaceChildren(
      ...this.#plan.map(({ name, purpose }) =>
        make("li", { text: text("install-planned", { file: name, purpose: text(`purpose-${purpose}`) }), attributes: { "data-file": name } }),
      ),
    );
  }

  #setTarget(target: Target): void {
    this.#target = target;
    const line = element("install-target");
    if (line === null) return;
    if (target === null) line.textContent = "";
    else if (target === "download") line.textContent = text("install-download-chosen");
    else line.textContent = text("install-folder-chosen", { folder: target.name });
  }

  async #chooseFolder(): Promise<void> {
    const folder = await pickFolder("readwrite");
    if (folder !== null) this.#setTarget(folder);
  }

  async #install(): Promise<void> {
    // Permissions first: browsers ask only right after a click.
    if (this.#target === null) await this.#chooseFolder();
    const target = this.#target;
    if (target === null) return;
    if (target !== "download" && !(await allowed(target, "readwrite"))) throw Problem.of("folder-refused", {}, "install-folder");
    placeProgress(button("install-start"));
    progress("progress-certificates");
    if (this.#issued === null || this.#plan.length === 0) await this.#showPlan();
    const issued = this.#issued;
    if (issued === null) return;
    if (!(await this.#inMemory())) await this.#unlock();
    const files = await call("install", { number: this.#number, ...issued });
    await this.#save(target, files);
    await this.#remember({
      at: now(),
      files: files.map(({ name }) => name),
      folder: target === "download" ? null : target.name,
    });
    checkedNumber = this.#number;
    progressEnd("progress-done");
    this.#showDone();
  }

  /** The attempt whose keys the certificates were issued for. */
  #attempt(): Pending | undefined {
    const wanted = new Set(this.#plan.map(({ publicKey }) => publicKey));
    return this.#pending.find(({ locked }) => locked.keys.every(({ publicKey }) => wanted.has(publicKey)));
  }

  /** Until the authority has heard of it, a page that is opened again has to know what is done. */
  async #remember(saved: Saved): Promise<void> {
    const attempt = this.#attempt();
    if (attempt !== undefined) await rememberSaved(attempt, saved).catch(() => undefined);
    this.#pending = await pendingOf(this.#number).catch(() => this.#pending);
  }

  async #unlock(): Promise<void> {
    if (this.#pending.length === 0) throw Problem.of("install-no-pending");
    const attempt = this.#attempt();
    if (attempt === undefined) throw Problem.of("install-not-matching");
    const password = input("install-password")?.value ?? "";
    if (password === "") throw Problem.of("password-missing", {}, "install-password");
    try {
      await call("unlockPending", { number: this.#number, locked: attempt.locked, password });
    } catch (error) {
      if (error instanceof Problem && error.code === "file-wrong-password") throw Problem.of("install-wrong-password", {}, "install-password");
      throw error;
    }
    const field = input("install-password");
    if (field !== null) field.value = "";
    show(element("install-password-section"), false);
  }

  /** Writes the files; what is on the disk is opened with the new password before anything is called done. */
  async #save(target: FileSystemDirectoryHandle | "download", files: readonly InstalledFile[]): Promise<void> {
    const number = this.#number;
    if (target === "download") {
      await call("verifyInstalled", { number, files: files.map(({ name, bytes }) => ({ name, bytes })) });
      for (const file of files) {
        download(file);
        this.#report(file.name, text("install-downloaded", { file: file.name }));
      }
      return;
    }
    const written: KeyFile[] = [];
    for (const [place, file] of files.entries()) {
      progress("progress-writing", { number: place + 1, count: files.length, file: file.name });
      written.push({ name: file.name, bytes: await writeAndReadBack(target, file) });
    }
    try {
      await call("verifyInstalled", { number, files: written });
    } catch (error) {
      if (error instanceof Problem && error.code === "signed-in-again") throw error;
      throw Problem.of("install-failed-check", { file: files.map(({ name }) => name).join(", ") });
    }
    for (const { name } of files) this.#report(name, text("install-written", { file: name }));
  }

  #report(name: string, sentence: string): void {
    const checks = element("done-checks");
    checks?.append(make("li", { text: sentence, class: "tanba-checks__file", attributes: { "data-file": name } }));
  }

  #showDone(): void {
    const checks = element("done-checks");
    for (const key of ["installed-signs", "installed-opens"]) {
      if (checks?.querySelector(`[data-check="${key}"]`) === null) {
        checks.prepend(make("li", { text: text(key), class: "tanba-checks__done", attributes: { "data-check": key } }));
      }
    }
    this.#saved.hide();
    showChecked(true);
    focusOn(element("done-title"));
  }

  /** The keys were wiped: the files are there, but the proof needs the keys once more. */
  async #startAnew(): Promise<void> {
    checkedNumber = null;
    element("done-checks")?.replaceChildren();
    showChecked(false);
    await this.#showPending();
  }

  async #finish(): Promise<void> {
    const number = this.#number;
    if (!(await this.#inMemory())) {
      await this.#startAnew();
      throw Problem.of("keys-wiped", {}, element("saved-section")?.hidden === false ? "saved-password" : "install-password");
    }
    placeProgress(button("finish"));
    progress("progress-proving");
    const { challenge } = await post<{ challenge: string }>(`/applications/${number}/installation/challenge`, {});
    const proofs = await call("proveInstalled", { number, challenge });
    await report(number, proofs);
  }
}

function showFacts({ superseded }: Finished): void {
  const list = find("#finished-facts", HTMLUListElement);
  const facts = [text("installed-accepted")];
  if (superseded > 0) facts.push(text("installed-superseded", { count: superseded }));
  list?.replaceChildren(...facts.map((fact) => make("li", { text: fact })));
  // Only a renewal has old keys.
  if (superseded > 0 || input("revoke-old") === null) return;
  const href = `/${document.documentElement.lang}/cabinet/revoke`;
  const link = make("a", { class: "govuk-link", text: text("installed-old-stay"), attributes: { href, "data-swap": "" } });
  list?.append(make("li", {}, link));
}
