// The steps of a person, page by page; every step ends when what it leads to is on the screen.
import { readFile } from "node:fs/promises";
import path from "node:path";

export const NEW_PASSWORD = "Zhana-Qupia7";
/** Key making and derivations on a busy machine. */
const PATIENCE = { timeout: 30_000 };

/** Files of a person as the browser takes them. */
export async function keyFiles(paths) {
  return Promise.all(
    paths.map(async (file) => ({
      name: path.basename(file),
      mimeType: "application/x-pkcs12",
      buffer: await readFile(file),
    })),
  );
}

/**
 * Lets a folder of the origin-private file system stand in for the native picker: a real directory handle, which no
 * test could choose in the browser's own window.
 */
export async function standInFolder(browser, name = "keys") {
  await browser.addInitScript((folder) => {
    window.showDirectoryPicker = async () => {
      const top = await navigator.storage.getDirectory();
      return top.getDirectoryHandle(folder, { create: true });
    };
  }, name);
}

/** A browser that cannot open folders. */
export async function withoutFolders(browser) {
  await browser.addInitScript(() => {
    Object.defineProperty(window, "showDirectoryPicker", { value: undefined });
  });
}

/** Puts files into the folder that stands in. The page must be of the origin. */
export async function fillFolder(page, files, name = "keys") {
  const contents = files.map((file) => ({ name: file.name, base64: file.buffer.toString("base64") }));
  await page.evaluate(
    async ({ folder, contents }) => {
      const top = await navigator.storage.getDirectory();
      const handle = await top.getDirectoryHandle(folder, { create: true });
      for (const { name, base64 } of contents) {
        const stream = await (await handle.getFileHandle(name, { create: true })).createWritable();
        await stream.write(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
        await stream.close();
      }
    },
    { folder: name, contents },
  );
}

/** All files of the folder that stands in: name to octets. */
export async function readFolder(page, name = "keys") {
  const found = await page.evaluate(async (folder) => {
    const top = await navigator.storage.getDirectory();
    const handle = await top.getDirectoryHandle(folder, { create: true });
    const files = [];
    for await (const entry of handle.values()) {
      const bytes = new Uint8Array(await (await entry.getFile()).arrayBuffer());
      files.push([entry.name, btoa(Array.from(bytes, (octet) => String.fromCharCode(octet)).join(""))]);
    }
    return files;
  }, name);
  return new Map(found.map(([file, base64]) => [file, Buffer.from(base64, "base64")]));
}

/** Takes a file out of the folder that stands in. */
export async function removeFromFolder(page, file, name = "keys") {
  await page.evaluate(
    async ({ folder, file }) => {
      const top = await navigator.storage.getDirectory();
      await (await top.getDirectoryHandle(folder)).removeEntry(file);
    },
    { folder: name, file },
  );
}

/** What the error summary says, once it is there. */
export async function problem(page) {
  const summary = page.locator("#error-summary:not([hidden])");
  await summary.locator("li").first().waitFor(PATIENCE);
  return {
    text: (await summary.locator("ul").innerText()).trim(),
    codes: await summary.locator("li").evaluateAll((items) => items.map((item) => item.dataset.code)),
  };
}

export class Wizard {
  constructor({ demo, page, language, person }) {
    Object.assign(this, { demo, page, language, person, password: person.password, number: null });
  }

  address(place = "") {
    return `${this.demo.url}/${this.language}${place}`;
  }

  async front() {
    await this.page.goto(this.address());
  }

  async openEnter() {
    await this.front();
    await this.page.locator(".govuk-button--start").click();
    await this.page.locator("#enter-form").waitFor();
  }

  async chooseFiles(paths = this.person.files) {
    await this.page.locator("#file-input").setInputFiles(await keyFiles(paths));
    await this.page.locator("#file-list li").first().waitFor();
  }

  async chooseFolder(paths = this.person.files) {
    await fillFolder(this.page, await keyFiles(paths));
    await this.page.locator("#choose-folder").click();
    await this.page.locator("#file-list li").first().waitFor();
  }

  async openKeys(password = this.password) {
    await this.page.locator("#password").fill(password);
    await this.page.locator("#refresh-keys").click();
    await this.page.locator("#key-cards .tanba-key-card").first().waitFor(PATIENCE);
  }

  async sign() {
    await this.page.locator("#sign-in").click();
    await this.page.waitForURL(/\/cabinet(\/|$|\?)/, PATIENCE);
    await this.page.locator("main[data-page]:not([data-page=enter])").waitFor(PATIENCE);
  }

  /** From nothing to the cabinet. */
  async signIn({ folder = false, paths = this.person.files } = {}) {
    await this.openEnter();
    if (folder) await this.chooseFolder(paths);
    else await this.chooseFiles(paths);
    await this.openKeys();
    await this.sign();
  }

  async openForm() {
    await this.page.locator('.tanba-keys-state a.govuk-button').click();
    await this.page.locator("#reissue-form").waitFor(PATIENCE);
  }

  async fillForm() {
    await this.page.locator("#region").selectOption("KZ-75");
    await this.page.locator("#settlement").selectOption("almaty");
    await this.page.locator('input[name="keystore"][value="PKCS12"]').check();
  }

  async apply() {
    await this.page.locator("#apply").click();
    const form = this.page.locator("#confirm-form");
    await form.waitFor(PATIENCE);
    this.number = await form.getAttribute("data-number");
  }

  async fillConfirmation(password = NEW_PASSWORD) {
    await this.page.locator("#correct").check();
    await this.page.locator("#new-password").fill(password);
    await this.page.locator("#new-password-repeat").fill(password);
  }

  async makeKeys() {
    await this.page.locator("#confirm").click();
    await this.page.locator("#sign").waitFor(PATIENCE);
  }

  async signDocument() {
    await this.page.locator("#sign").click();
    await this.page.locator("#code").waitFor(PATIENCE);
  }

  async typeCode(code) {
    await this.page.locator("#code").fill(code ?? (await this.demo.code(this.number)));
    await this.page.locator("#code-submit").click();
  }

  async issued() {
    await this.page.waitForURL(new RegExp(`/cabinet/applications/${this.number}`), PATIENCE);
    await this.page.locator("#install-start").waitFor(PATIENCE);
  }

  /** From the cabinet to the issued certificates. */
  async renew(password = NEW_PASSWORD) {
    await this.openForm();
    await this.fillForm();
    await this.apply();
    await this.fillConfirmation(password);
    await this.makeKeys();
    await this.signDocument();
    await this.typeCode();
    await this.issued();
  }

  async install() {
    await this.page.locator("#install-start").click();
    await this.page.locator("#finish").waitFor(PATIENCE);
  }

  /** Installs by downloads; gives the files: name to octets. */
  async installByDownloads() {
    const downloads = [];
    const take = (download) => downloads.push(download);
    this.page.on("download", take);
    await this.page.locator("#install-download").click();
    await this.install();
    for (let turn = 0; downloads.length < 2 && turn < 100; turn += 1) await this.page.waitForTimeout(50);
    this.page.off("download", take);
    const files = await Promise.all(
      downloads.map(async (download) => [download.suggestedFilename(), await readFile(await download.path())]),
    );
    return new Map(files);
  }

  async finish() {
    await this.page.locator("#finish").click();
    await this.page.locator('#application[data-state="INSTALLED"] #finished').waitFor(PATIENCE);
  }
}
