// Starts the demo on a free port with a folder of its own and a browser with an empty profile; stops both.
import { spawn, execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createRequire } from "node:module";
import { promisify } from "node:util";
import { chromium } from "playwright-core";

export const run = promisify(execFile);
const require = createRequire(import.meta.url);
export const root = path.resolve(import.meta.dirname, "../..");
export const program = process.env.TANBA_BIN ?? path.join(root, "target/release/tanba");
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
    /** The newest code that was mailed for an application, once there are so many. */
    async code(number, count = 1) {
      for (let turn = 0; turn < 100; turn += 1) {
        const mails = await this.mailbox();
        const codes = mails
          .filter(({ kind, text }) => kind === "confirmation_code" && text.replace(/(?<=\d) (?=\d)/g, "").includes(number))
          .map(({ subject }) => subject.match(/\d{6}/)?.[0]);
        if (codes.length >= count && codes.at(-1)) return codes.at(-1);
        await pause(100);
      }
      throw new Error("no code was mailed");
    },
    /** Mails of a kind that came to an address, once there are so many; `turns` are tenths of a second. */
    async mails(kind, address, count = 1, turns = 100) {
      for (let turn = 0; turn < turns; turn += 1) {
        const found = (await this.mailbox()).filter((mail) => mail.kind === kind && mail.to === address);
        if (found.length >= count) return found;
        await pause(100);
      }
      throw new Error(`no mail "${kind}" came to ${address}`);
    },
    /** Text messages of a kind that came to a number, once there are so many. */
    async texts(kind, number, count = 1) {
      for (let turn = 0; turn < 100; turn += 1) {
        const all = await (await fetch(`${facts.url}/demo/phone.json`)).json();
        const found = all.filter((text) => text.kind === kind && text.to === number);
        if (found.length >= count) return found;
        await pause(100);
      }
      throw new Error(`no text message "${kind}" came to ${number}`);
    },
    person: (name) => facts.people.find(({ email }) => email.startsWith(`${name}@`)),
    async stop() {
      child.removeAllListeners("exit");
      const ended = new Promise((resolve) => child.on("exit", resolve));
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A browser with an empty profile, or the one that another left, that notes every request it makes. */
export async function startBrowser({ locale = "kk-KZ", viewport = { width: 1280, height: 900 }, profile, ...context } = {}) {
  const folder = profile ?? (await mkdtemp(path.join(tmpdir(), "tanba-profile-")));
  const browser = await chromium.launchPersistentContext(folder, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: flags,
    headless: true,
    locale,
    viewport,
    acceptDownloads: true,
    ...context,
  });
  let killed = false;
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
    profile: folder,
    /** As by a power cut: nothing is closed, nothing is tidied up. The profile is left to whoever comes next. */
    async kill() {
      killed = true;
      for (const id of await processesOf(folder)) {
        try {
          process.kill(id, "SIGKILL");
        } catch {
          // It ended with another one.
        }
      }
      await browser.close().catch(() => undefined);
      await rm(path.join(folder, "SingletonLock"), { force: true });
    },
    async stop() {
      await browser.close().catch(() => undefined);
      if (!killed) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Processes of the browser that was started with a profile. */
async function processesOf(profile) {
  const found = [];
  for (const id of await readdir("/proc")) {
    if (!/^\d+$/.test(id)) continue;
    const line = await readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "");
    if (line.split("\0").includes(`--user-data-dir=${profile}`)) found.push(Number(id));
  }
  return found;
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
    axe = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");
  }
  return axe;
}

/** Requests that left the origin; blobs and data are not requests. */
export function foreign(requests, origin) {
  return requests.filter((url) => !url.startsWith(`${origin}/`) && url !== origin && !/^(blob|data|about):/.test(url));
}

/** Letters stay sharp and legible at this size, and a picture of a whole page in three languages stays small. */
const SCALE = { desktop: 0.65, phone: 0.8 };
const COLOURS = "12";

/**
 * Makes a picture of the page (of a list without end its beginning; with `part`, of one element of a long one, or of what
 * stands from it to the next) as `target/screens/<language>/<name>.png`; keeps it as
 * `docs/screens/<language>/<name>.webp` when asked to by TANBA_SCREENS=keep, or =only, which examines nothing.
 */
export async function picture(page, language, name, part) {
  const file = path.join(root, "target/screens", language, `${name}.png`);
  await mkdir(path.dirname(file), { recursive: true });
  const { width, height, y } = await page.evaluate((between) => {
    const width = document.documentElement.clientWidth;
    if (between) {
      const [first, next] = between.map((place) => document.querySelector(place).getBoundingClientRect());
      return { width, height: (next?.top ?? first.bottom + 16) - first.top + 16, y: first.top + scrollY - 16 };
    }
    return { width, height: Math.min(Math.max(document.documentElement.scrollHeight, innerHeight), 4000), y: 0 };
  }, part);
  const scale = width > 600 ? SCALE.desktop : SCALE.phone;
  // Drawn at that size by the browser itself; a picture that is made smaller afterwards is blurred and no smaller.
  const session = await page.context().newCDPSession(page);
  const clip = { x: 0, y, width, height, scale };
  const { data } = await session.send("Page.captureScreenshot", { format: "png", captureBeyondViewport: true, clip });
  await session.detach();
  await writeFile(file, Buffer.from(data, "base64"));
  if (!["keep", "only"].includes(process.env.TANBA_SCREENS)) return;
  const kept = path.join(screens, language, `${name}.webp`);
  await mkdir(path.dirname(kept), { recursive: true });
  await run("pngquant", ["--force", "--nofs", "--output", file, COLOURS, file]);
  await run("cwebp", ["-quiet", "-lossless", "-z", "6", file, "-o", kept]);
}
