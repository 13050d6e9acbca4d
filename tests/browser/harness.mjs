// Starts the demo on a free port with a folder of its own and a browser with an empty profile; stops both.
import { spawn, execFile } from "node:child_process";
import { mkdtemp, rm, mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

export const run = promisify(execFile);
const require = createRequire(import.meta.url);
const root = path.resolve(import.meta.dirname, "../..");
const program = process.env.TANBA_BIN ?? path.join(root, "target/release/tanba");
export const screens = path.join(root, "docs/screens");

const flags = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** A running demo: `url`, `folder`, `people` and `mailbox()`. */
export async function startDemo(extra = []) {
  const folder = await mkdtemp(path.join(tmpdir(), "tanba-demo-"));
  const child = spawn(program, ["demo", "--json", "--port", "0", "--folder", path.join(folder, "demo"), ...extra], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  child.stderr.on("data", (data) => { log += data; });
  const facts = await new Promise((resolve, reject) => {
    let out = "";
    child.stdout.on("data", (data) => {
      out += data;
      const end = out.indexOf("\n");
      if (end >= 0) resolve(JSON.parse(out.slice(0, end)));
    });
    child.on("exit", (code) => reject(new Error(`the demo ended with ${code}: ${log}`)));
  });
  return {
    ...facts,
    folder,
    log: () => log,
    async mailbox() {
      return (await fetch(`${facts.url}/demo/mailbox.json`)).json();
    },
    /** The newest code that was mailed for an application. */
    async code(number) {
      for (let turn = 0; turn < 100; turn += 1) {
        const mails = await this.mailbox();
        const found = mails.filter((mail) => mail.kind === "confirmation_code" && mail.text.includes(number)).at(-1);
        const code = found?.text.match(/(?<!\d)\d{6}(?!\d)/)?.[0];
        if (code) return code;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error("no code was mailed");
    },
    async stop() {
      child.removeAllListeners("exit");
      const ended = new Promise((resolve) => child.on("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A browser with an empty profile that notes every request it makes. */
export async function startBrowser({ locale = "kk-KZ", viewport = { width: 1280, height: 900 }, ...context } = {}) {
  const profile = await mkdtemp(path.join(tmpdir(), "tanba-profile-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: flags,
    headless: true,
    locale,
    viewport,
    acceptDownloads: true,
    ...context,
  });
  const requests = [];
  browser.on("request", (request) => requests.push(request.url()));
  const errors = [];
  browser.on("weberror", (error) => errors.push(String(error.error())));
  browser.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  return {
    browser,
    requests,
    errors,
    page: browser.pages()[0] ?? (await browser.newPage()),
    async stop() {
      await browser.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/** Every violation that axe-core finds on the page as it stands. */
export async function violations(page) {
  await page.evaluate(await axeSource());
  const result = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return result.violations.map((violation) => ({
    id: violation.id,
    help: violation.help,
    nodes: violation.nodes.map((node) => node.html.slice(0, 160)),
  }));
}

let axe;
async function axeSource() {
  if (!axe) {
    const { readFile } = await import("node:fs/promises");
    axe = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");
  }
  return axe;
}

/** Requests that left the origin; blobs and data are not requests. */
export function foreign(requests, origin) {
  return requests.filter((url) => !url.startsWith(`${origin}/`) && url !== origin && !/^(blob|data|about):/.test(url));
}

/** Keeps a picture of the page as `docs/screens/<language>/<name>.png` when asked to by TANBA_SCREENS. */
export async function picture(page, language, name) {
  const folder = process.env.TANBA_SCREENS === "keep" ? screens : path.join(root, "target/screens");
  await mkdir(path.join(folder, language), { recursive: true });
  await page.screenshot({ path: path.join(folder, language, `${name}.png`), fullPage: true });
}

export async function save(file, bytes) {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, bytes);
}
