// The agent's own page: what works and what does not on this computer, cause by cause; other sites see nothing of it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createServer } from "node:http";
import { Computer, KINDS, freePort } from "./agent.mjs";
import { startBrowser } from "./harness.mjs";
import { look } from "./screen.mjs";

const PATIENCE = { timeout: 60_000 };
const GOOD = { kk: "Осы жерден көрінетіннің бәрі жұмыс істейді", ru: "Всё, что видно отсюда, работает", en: "Everything that can be seen from here works" };

const looked = (page) => page.locator("html[data-looked]").waitFor(PATIENCE);
/** What is said of a cause: how it stands, for each sentence that shows. */
const states = (page, cause) => page.locator(`li[data-cause="${cause}"]:visible`).evaluateAll((items) => items.map(({ dataset }) => dataset.state));

describe("self-check", { concurrency: 1 }, () => {
  let computer, port, address;
  before(async () => {
    port = await freePort();
    address = `https://127.0.0.1:${port}/`;
    computer = await Computer.make({ port, site: "http://localhost:1" });
    await computer.plugIn(KINDS.AKKaztokenStore);
    await computer.start();
  });
  after(() => computer.remove());

  for (const [language, locale] of [["kk", "kk-KZ"], ["ru", "ru-RU"], ["en", "en-GB"]]) {
    test(`${language}: a computer on which all is well, and the same with each thing wrong that a browser sees`, async (context) => {
      const run = await startBrowser({ env: computer.env, locale });
      context.after(() => run.stop());
      const { page, browser } = run;
      await page.goto(address);
      await looked(page);
      assert.equal(await page.locator(".verdict:visible p").first().innerText(), GOOD[language]);
      assert.ok((await states(page, "trust")).every((state) => state === "good"));
      assert.deepEqual(await states(page, "driver"), ["good"]);
      for (const cause of ["port", "clock", "files", "grants", "keys"]) assert.deepEqual(await states(page, cause), ["good"], cause);
      assert.deepEqual((await states(page, "permission")).length, 1);
      assert.deepEqual(run.errors, []);

      // Accepted by hand for one name: under the other, nobody is let in.
      const hand = await browser.newPage();
      await hand.routeWebSocket(`wss://localhost:${port}/`, (socket) => socket.close());
      await hand.goto(address);
      await looked(hand);
      assert.ok((await states(hand, "trust")).includes("bad"));
      assert.equal(await hand.locator('[data-browser="trust-hand"]:visible').count(), 1);
      assert.equal(await hand.locator('.verdict[data-state="bad"]:visible').count(), 1);

      const blocked = await browser.newPage();
      await blocked.routeWebSocket(`wss://127.0.0.1:${port}/`, (socket) => socket.close());
      await blocked.addInitScript(() => {
        navigator.permissions.query = async () => ({ state: "denied" });
      });
      await blocked.goto(address);
      await looked(blocked);
      assert.equal(await blocked.locator('[data-browser="trust-socket"]:visible').count(), 1);
      assert.deepEqual(await states(blocked, "permission"), ["bad"]);
      await look(blocked, language, "96-agent-check", { everywhere: true });

      // The link checks again, in the same language.
      await blocked.locator("a.button").click();
      await looked(blocked);
      assert.equal(await blocked.getAttribute("html", "lang"), language);
    });
  }

  test("without script what the agent sees is there all the same", async (context) => {
    const run = await startBrowser({ env: computer.env, locale: "ru-RU", javaScriptEnabled: false });
    context.after(() => run.stop());
    await run.page.goto(address);
    assert.equal(await run.page.locator(".verdict:visible").count(), 1);
    assert.equal(await run.page.locator('[data-browser="permission-unseen"]:visible').count(), 1);
    assert.match(await run.page.locator("noscript p").innerText(), /отключены скрипты/);
  });

  test("a page of another site reads nothing, frames nothing, and makes nobody look", async (context) => {
    const run = await startBrowser({ env: computer.env });
    context.after(() => run.stop());
    const site = createServer((_, response) => {
      response.setHeader("Content-Type", "text/html");
      response.end(`<!doctype html><title>site</title><iframe src="${address}"></iframe>`);
    });
    await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
    context.after(() => site.close());
    const { page } = run;
    await page.goto(`http://localhost:${site.address().port}/`);
    const told = await page.evaluate(async (url) => {
      const fetched = await fetch(url).then((answer) => answer.text(), () => "refused");
      const opaque = await fetch(url, { mode: "no-cors" }).then(({ type }) => type, () => "refused");
      const script = await new Promise((resolve) => {
        const element = document.createElement("script");
        element.src = `${url}check.js`;
        element.onload = () => resolve("loaded");
        element.onerror = () => resolve("refused");
        document.head.append(element);
      });
      return { fetched, opaque, script };
    }, address);
    assert.deepEqual(told, { fetched: "refused", opaque: "refused", script: "refused" });
    const framed = page.frames().find((frame) => frame !== page.mainFrame());
    const words = await framed?.content().catch(() => "");
    assert.ok(!words?.includes("verdict"), words);
  });

  test("no agent of this installation: the browser cannot open the page, and the command says why", async () => {
    await computer.stop();
    const told = await computer.doctor();
    assert.match(told, /✗ Агент іске қосылмаған/);
    assert.match(told, /→ Оны іске қосыңыз: tanba-agent run/);
    await computer.start();
  });
});
