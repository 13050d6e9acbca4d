// A page of a site in Chromium, with an unmodified client of NCALayer: connects, signs in, signs. The browser trusts the
// agent's authority and ignores no errors. Prints one line of JSON.
//   AGENT_PORT=… AUTHORITY=authority.pem FOLDER=… node chromium.mjs
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import path from "node:path";

const here = import.meta.dirname;
const { chromium } = createRequire(path.join(here, "../browser/package.json"))("playwright-core");
const { AGENT_PORT: port, AUTHORITY: authority, FOLDER: folder } = process.env;

const database = path.join(folder, ".pki/nssdb");
mkdirSync(database, { recursive: true });
execFileSync("certutil", ["-d", `sql:${database}`, "-N", "--empty-password"]);
execFileSync("certutil", ["-d", `sql:${database}`, "-A", "-t", "C,,", "-n", "agent", "-i", authority]);

const client = readFileSync(path.join(here, "node_modules/ncalayer-js-client/ncalayer-client.js"));
const site = createServer((request, response) => {
  const script = request.url === "/client.js";
  response.setHeader("Content-Type", script ? "text/javascript" : "text/html; charset=utf-8");
  response.end(script ? client : '<!doctype html><title>site</title><script src="/client.js"></script>');
});
await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));

const browser = await chromium.launchPersistentContext(path.join(folder, "profile"), {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  headless: true,
  env: { ...process.env, HOME: folder },
  locale: "kk-KZ",
});
try {
  const page = browser.pages()[0] ?? (await browser.newPage());
  await page.goto(`https://127.0.0.1:${port}/?lang=kk`);
  const check = await page.textContent("h1");
  await page.goto(`http://localhost:${site.address().port}/`);
  const told = await page.evaluate(async (url) => {
    const client = new window.NCALayerClient(url, false);
    const version = await client.connect();
    const info = await client.getKeyInfo("PKCS12");
    const text = new TextEncoder().encode("Шарт №1\n");
    const cms = await client.createCAdESFromBase64("PKCS12", text.buffer, "SIGNATURE", true);
    const xml = await client.basicsSignXML(["PKCS12"], "<login>ә</login>", {}, { extKeyUsageOids: [], chain: [] });
    let refused = "";
    await client.getKeyInfo("PKCS12").catch((error) => { refused = String(error); });
    return { version, owner: info.subjectCn, cms, xml, refused };
  }, `wss://127.0.0.1:${port}`);
  console.log(JSON.stringify({ check, ...told, origin: `http://localhost:${site.address().port}` }));
} finally {
  await browser.close();
  site.close();
}
