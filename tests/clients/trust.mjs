// What Chromium trusts in a home folder: the agent's page, and a site of an authority that is the person's own. The browser
// ignores no errors. Prints one line of JSON: whether each opens, and the error where not.
//   AGENT_PORT=… HOME_FOLDER=… KEY=site.key CERTIFICATE=site.pem node trust.mjs
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { createRequire } from "node:module";
import path from "node:path";

const here = import.meta.dirname;
const { chromium } = createRequire(path.join(here, "../browser/package.json"))("playwright-core");
const { AGENT_PORT: port, HOME_FOLDER: home, KEY: key, CERTIFICATE: certificate } = process.env;

const site = createServer({ key: readFileSync(key), cert: readFileSync(certificate) }, (_, response) => response.end("site"));
await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));

const { XDG_DATA_HOME: _data, XDG_CONFIG_HOME: _config, ...environment } = process.env;
const browser = await chromium.launchPersistentContext(path.join(home, "profile"), {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"],
  headless: true,
  env: { ...environment, HOME: home },
});
const opens = async (address) => {
  const page = await browser.newPage();
  try {
    await page.goto(address);
    return "opens";
  } catch (error) {
    return /net::[A-Z_]+/.exec(String(error))?.[0] ?? String(error);
  }
};
try {
  const own = await opens(`https://127.0.0.1:${site.address().port}/`);
  const agent = await opens(`https://127.0.0.1:${port}/`);
  console.log(JSON.stringify({ own, agent }));
} finally {
  await browser.close();
  site.close();
}
