// The console of administrators: what it shows, who may read it, and issuance stopped and started by a signed order.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { foreign, run, startBrowser, startDemo } from "./harness.mjs";
import { look } from "./screen.mjs";
import { Seat } from "./seat.mjs";
import { keyFiles, problem } from "./wizard.mjs";

const LANGUAGES = ["kk", "ru", "en"];
const PATIENCE = { timeout: 30_000 };
const REASONS = {
  kk: "кілт туралы хабар тексерілуде",
  ru: "проверяется сообщение о ключе",
  en: "a report about the key is being looked into",
};

describe("the console of administrators", () => {
  let demo;
  const seats = {};
  before(async () => {
    demo = await startDemo();
    for (const role of ["operator", "senior-operator", "administrator", "auditor"]) seats[role] = await startBrowser();
  });
  after(async () => {
    for (const seat of Object.values(seats)) await seat.stop();
    await demo?.stop();
  });

  async function sitDown(role, language) {
    const seat = new Seat({ demo, page: seats[role].page, language, role });
    await seat.sitDown();
    return seat;
  }

  /** Opens a part of the console by its menu. */
  async function open(page, address, part) {
    await page.locator(`.tanba-console a[href$="/admin${part}"]`).click();
    await page.waitForURL(`${address}/admin${part}`, PATIENCE);
  }

  /** The name of the authority that issues, and the page of it. */
  async function issuing(page, address) {
    await page.goto(`${address}/admin`);
    const card = page.locator("#issuers > li").filter({ has: page.locator(".govuk-tag:not(.govuk-tag--grey)") });
    const link = card.locator("h3 a").first();
    const name = (await link.innerText()).trim();
    await link.click();
    await page.waitForURL(`${address}/admin/issuers/${name}`, PATIENCE);
    return name;
  }

  const standing = (page) => page.getAttribute("#standing", "data-standing");

  for (const language of LANGUAGES) {
    test(`an administrator reads everything, stops and starts (${language})`, async () => {
      const seat = await sitDown("administrator", language);
      const { page, address } = seat;
      await page.locator(`.tanba-account a[href="/${language}/desk/admin"]`).click();
      await page.waitForURL(`${address}/admin`, PATIENCE);
      assert.equal(await page.locator("#issuers > li").count(), 2);
      await look(page, language, "81-admin", { everywhere: true });
      await open(page, address, "/profiles");
      assert.ok((await page.locator("#profiles > li").count()) > 20);
      await look(page, language, "82-admin-profiles");
      await page.locator('#profiles a[href$="/kz-individual-signature-rsa"]').click();
      await page.locator("#profile-source").waitFor();
      assert.match(await page.locator("#profile-source").innerText(), /name = "kz-individual-signature-rsa"/);
      await look(page, language, "72-admin-profile", { everywhere: true });
      await page.goto(`${address}/admin/lists`);
      await look(page, language, "73-admin-lists", { everywhere: true });
      await page.goto(`${address}/admin/blocked`);
      await look(page, language, "80-admin-blocked");
      await page.goto(`${address}/admin/queues`);
      await look(page, language, "74-admin-queues", { everywhere: true });
      await page.goto(`${address}/admin/health`);
      assert.ok((await page.locator("#findings > li").count()) >= 10);
      assert.notEqual(await page.getAttribute("#worst", "data-standing"), "bad");
      await look(page, language, "75-admin-health", { everywhere: true });

      const name = await issuing(page, address);
      assert.equal(await standing(page), "issues");
      await page.locator("#stop-all summary").click();
      // Without a reason nothing is prepared, and it is said what is missing.
      await page.locator("#stop-all-go").click();
      assert.deepEqual((await problem(page)).codes, ["order-reason-missing"]);
      await page.locator("#stop-all-reason").fill(REASONS[language]);
      await page.locator("#stop-all-go").click();
      await page.locator("#signing:not([hidden])").waitFor(PATIENCE);
      await page.locator("#signing-files").setInputFiles(await keyFiles(seat.member.files));
      await page.locator("#signing-password").fill(seat.member.password);
      const summary = await page.locator("#document-summary").innerText();
      assert.ok(summary.includes(name) && summary.includes(REASONS[language]), summary);
      await look(page, language, "76-admin-sign");
      await seat.sign("done=stop-issuance");
      assert.equal(await standing(page), "stopped");
      const orders = await page.locator("#orders").innerText();
      assert.ok(orders.includes(REASONS[language]), orders);
      await look(page, language, "77-admin-stopped", { everywhere: true });
      // Machines are told at once; the reason stays inside.
      const ready = await (await fetch(`${demo.url}/health/ready`)).text();
      assert.ok(ready.includes(`${name}: issuance is stopped`) && !ready.includes(REASONS[language]), ready);
      await page.goto(`${address}/admin/health`);
      assert.equal(await page.getAttribute("#worst", "data-standing"), "warning");

      await issuing(page, address);
      await page.locator("#start-all summary").click();
      await page.locator("#start-all-reason").fill(REASONS[language]);
      await page.locator("#start-all-go").click();
      await page.locator("#signing:not([hidden])").waitFor(PATIENCE);
      await page.locator("#signing-files").setInputFiles(await keyFiles(seat.member.files));
      await page.locator("#signing-password").fill(seat.member.password);
      await seat.sign("done=start-issuance");
      assert.equal(await standing(page), "issues");
    });
  }

  test("one profile is stopped alone, and the log names the administrator", async () => {
    const seat = await sitDown("administrator", "ru");
    const { page, address } = seat;
    const name = await issuing(page, address);
    const id = "stop-kz-individual-signature-rsa";
    await page.locator(`#${id} summary`).click();
    await page.locator(`#${id}-reason`).fill(REASONS.ru);
    await page.locator(`#${id}-go`).click();
    await page.locator("#signing:not([hidden])").waitFor(PATIENCE);
    await page.locator("#signing-files").setInputFiles(await keyFiles(seat.member.files));
    await page.locator("#signing-password").fill(seat.member.password);
    await seat.sign("done=stop-issuance&profile=kz-individual-signature-rsa");
    assert.equal(await standing(page), "part");
    const done = page.url();
    for (const language of LANGUAGES) {
      await page.goto(done.replace("/ru/", `/${language}/`));
      await look(page, language, "78-admin-profile-stopped", { part: [".govuk-notification-banner", "#issuer-facts"] });
    }
    await page.goto(`${address}/audit?action=issuer.stop`);
    const row = page.locator("#events tbody tr").first();
    assert.match(await row.innerText(), /staff:\d+/);
    assert.ok((await row.innerText()).includes(`issuer/${name}/kz-individual-signature-rsa`));
  });

  test("an auditor reads the same and is offered nothing to sign", async () => {
    const seat = await sitDown("auditor", "kk");
    const { page, address } = seat;
    await issuing(page, address);
    assert.equal(await page.locator("#desk-forms").count(), 0);
    assert.equal(await page.locator("#orders > li").count(), 7);
    await look(page, "kk", "79-admin-auditor", { everywhere: true });
    for (const part of ["profiles", "lists", "blocked", "queues", "health"]) {
      assert.equal((await page.goto(`${address}/admin/${part}`)).status(), 200, part);
    }
    await page.goto(`${address}/admin/lists`);
    const [download] = await Promise.all([page.waitForEvent("download"), page.locator('a[href$="/full.crl"]').last().click()]);
    const { stdout } = await run("openssl", ["crl", "-inform", "DER", "-in", await download.path(), "-noout", "-text"]);
    assert.match(stdout, /X509v3 CRL Number/);
  });

  test("operators see nothing of it", async () => {
    for (const role of ["operator", "senior-operator"]) {
      const { page, address } = await sitDown(role, "en");
      assert.equal(await page.locator('a[href$="/desk/admin"]').count(), 0);
      for (const part of ["", "/profiles", "/lists", "/queues", "/health"]) {
        assert.equal((await page.goto(`${address}/admin${part}`)).status(), 403, `${role} ${part}`);
      }
    }
  });

  test("nothing was asked of anybody else", () => {
    for (const { requests, errors } of Object.values(seats)) {
      assert.deepEqual(foreign(requests, demo.url), []);
      assert.deepEqual(errors.filter((error) => !/ 4\d\d /.test(error)), []);
    }
  });
});
