// Keys in tokens: from an old file into a token, from that token into the next, for every keystore of the list.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Computer, KINDS, NEW_PIN, PIN, freePort } from "./agent.mjs";
import { startBrowser, startDemo, violations } from "./harness.mjs";
import { Wizard, keyFiles, problem } from "./wizard.mjs";

const PATIENCE = { timeout: 60_000 };

async function chooseToken(page, address, storage) {
  await page.goto(address);
  await page.locator(`input[name="keystore"][value="${storage}"]`).check();
}

async function status(page, state) {
  const line = page.locator(`#agent-status[data-state="${state}"]`);
  await line.waitFor(PATIENCE);
  return line.innerText();
}

/** From the enter page to the cabinet, with a token. */
async function signInWithToken(wizard, storage) {
  const { page } = wizard;
  await chooseToken(page, wizard.address("/enter"), storage);
  await status(page, "ready");
  await wizard.sign();
}

/** Everything between the cabinet and the certificates in a token. */
async function reissueOnto(wizard, storage, signOldKey) {
  const { page, demo } = wizard;
  await wizard.openForm();
  await wizard.fillForm();
  await page.locator(`input[name="keystore"][value="${storage}"]`).check();
  await wizard.apply();
  assert.equal(await page.locator("#new-password").count(), 0, "a token has its PIN");
  await page.locator("#correct").check();
  await page.locator("#confirm").click();
  await page.locator("#signing:not([hidden])").waitFor(PATIENCE);
  await signOldKey();
  await page.locator("#code-section:not([hidden])").waitFor(PATIENCE);
  await wizard.typeCode(await demo.code(wizard.number));
  await wizard.issued();
  await page.locator("#install-start").click();
  await page.locator("#done-section:not([hidden])").waitFor(PATIENCE);
  assert.equal(await page.locator("#done-checks li").count(), 2);
  // A page that is opened again knows what the token holds: no key of it waits any more.
  const held = await page.locator("#done-checks").innerText();
  await page.reload();
  await page.locator("#finish").waitFor(PATIENCE);
  assert.equal(await page.locator("#done-checks").innerText(), held);
  assert.ok(await page.locator("#install-start").isHidden());
}

/** Lets the agent's answer to a method be another one, as long as `refusals` has one for it. From the next page on. */
async function refuse(page, port, refusals) {
  await page.routeWebSocket(`wss://127.0.0.1:${port}/`, (socket) => {
    const agent = socket.connectToServer();
    socket.onMessage((asked) => {
      const details = refusals[JSON.parse(asked).method];
      if (details === undefined) agent.send(asked);
      else socket.send(JSON.stringify({ status: false, code: "SIGNING_FAILURE", details }));
    });
  });
}

/** The token holds the certificates and does not sign, for whatever reason: both ways on stand open until one succeeds. */
async function finishAfterFaults({ page }, port) {
  const refusals = {};
  await refuse(page, port, refusals);
  await page.reload();
  const [finish, install] = ["#finish", "#install-start"].map((button) => page.locator(button));
  await finish.waitFor(PATIENCE);
  const held = await page.locator("#done-checks").innerText();
  refusals.sign = "the key cannot be used";
  await finish.click();
  assert.deepEqual((await problem(page)).codes, ["agent-failed"]);
  assert.ok((await finish.isVisible()) && (await install.isVisible()));
  assert.deepEqual(await violations(page), []);
  refusals.importCertificate = "no key waits for this certificate on this computer";
  await install.click();
  await page.locator('#error-summary li[data-code="agent-key-elsewhere"]').waitFor(PATIENCE);
  assert.ok(await finish.isVisible(), "no key waits, because the certificates are there");
  // Nothing of it is forgotten by a page that is opened again.
  await page.reload();
  await finish.waitFor(PATIENCE);
  assert.equal(await page.locator("#done-checks").innerText(), held);
  delete refusals.sign;
  delete refusals.importCertificate;
}

describe("tokens", { concurrency: 1 }, () => {
  let demo, computer, port;
  before(async () => {
    port = await freePort();
    demo = await startDemo(["--agent-port", String(port)]);
    computer = await Computer.make({ port, site: demo.url });
    for (const label of Object.values(KINDS)) await computer.plugIn(label);
  });
  after(async () => {
    await computer?.remove();
    await demo?.stop();
  });

  const browserOf = (options) => startBrowser({ env: computer.env, ...options });

  test("from a file into a token, and from token to token, for each kind of the list", async (context) => {
    await computer.start();
    const run = await browserOf();
    context.after(() => run.stop());
    const { page } = run;
    const wizard = new Wizard({ demo, page, language: "kk", person: demo.person("aigerim") ?? demo.people[0] });
    await wizard.signIn();
    let before = null;
    for (const [storage, label] of Object.entries(KINDS)) {
      const old = before;
      if (old !== null) await signInWithToken(wizard, old);
      await reissueOnto(wizard, storage, async () => {
        if (old === null) {
          await page.locator("#sign").click();
          return;
        }
        assert.equal(await page.locator("#signing-storage").inputValue(), old, "the token of the sign-in is offered");
        await page.locator("#sign-token").click();
      });
      if (old === null) await finishAfterFaults(wizard, port);
      await wizard.finish();
      const seen = await computer.objects(label, PIN);
      assert.equal(seen.match(/Private Key Object/g)?.length, 2, seen);
      assert.equal(seen.match(/Certificate Object/g)?.length, 2, seen);
      assert.ok(seen.includes("never extractable"), seen);
      before = storage;
    }
    await signInWithToken(wizard, before);
    await page.goto(wizard.address("/cabinet/keys"));
    const keys = await page.locator("main").innerText();
    for (const name of ["Kaztoken", "JaCarta", "eToken"]) assert.ok(keys.toLowerCase().includes(name.toLowerCase()) || /казтокен/i.test(keys), keys);
    const grants = await computer.grants();
    for (const use of ["login", "signature", "keys"]) assert.ok(grants.includes(use), grants);
    assert.deepEqual(run.errors, []);
    await computer.stop();
  });

  test("a PIN is changed from the cabinet, and the published one opens nothing afterwards", async (context) => {
    await computer.start();
    const run = await browserOf({ locale: "ru-RU" });
    context.after(() => run.stop());
    const { page } = run;
    const wizard = new Wizard({ demo, page, language: "ru", person: demo.person("daniyar") });
    await wizard.signIn();
    // Each kind in another language.
    const said = { kk: "PIN-код ауыстырылды", ru: "PIN-код изменён", en: "The PIN was changed" };
    const languages = Object.keys(said);
    for (const [turn, [storage, label]] of Object.entries(KINDS).entries()) {
      const language = languages[turn % languages.length];
      await page.goto(`${demo.url}/${language}/cabinet/password`);
      await page.locator("#pin-storage").selectOption(storage);
      await page.locator("#change-pin").click();
      const name = await page.locator(`#pin-storage option[value="${storage}"]`).innerText();
      await page.locator("#pin-result", { hasText: `${said[language]}: ${name}` }).waitFor(PATIENCE);
      await computer.objects(label, NEW_PIN);
      await assert.rejects(computer.objects(label, PIN));
      assert.deepEqual(await violations(page), []);
    }
    await computer.stop();
  });

  test("what keeps the agent from helping is said, each cause by its own words, and files work all the same", async (context) => {
    const run = await browserOf({ locale: "kk-KZ", viewport: { width: 360, height: 800 } });
    context.after(() => run.stop());
    const { page, browser } = run;
    const address = `${demo.url}/kk/enter`;
    await chooseToken(page, address, "AKKaztokenStore");
    const silent = await status(page, "agent-silent");
    assert.ok(silent.includes(`https://127.0.0.1:${port}/`) && silent.includes("tanba-agent install"), silent);
    assert.ok(await page.locator("#sign-in").isDisabled());
    assert.deepEqual(await violations(page), []);

    const pins = Object.fromEntries(Object.keys(KINDS).map((storage) => [storage, NEW_PIN]));
    await computer.start({ pins, decisions: ["cancel"] });
    await page.locator("#agent-retry").click();
    assert.ok((await status(page, "ready")).includes("PIN"));
    await page.locator("#sign-in").click();
    assert.deepEqual((await problem(page)).codes, ["agent-cancelled"]);

    // A kind of which none is plugged in: the agent knows it by no label.
    await page.evaluate(() => {
      document.querySelector('input[name="keystore"][value="AKJaCartaStore"]').value = "AKEToken5110Store";
    });
    await page.locator('input[name="keystore"][value="AKEToken5110Store"]').check();
    assert.ok((await status(page, "agent-no-token")).includes("tanba-agent doctor"));

    const other = await browser.newPage();
    await other.routeWebSocket(`wss://127.0.0.1:${port}/`, (socket) => {
      socket.send('{"result":{"version":"1.4"}}');
      socket.onMessage(() => socket.send('{"success":false,"errorCode":"MODULE_NOT_FOUND"}'));
    });
    await chooseToken(other, address, "AKKaztokenStore");
    assert.ok((await status(other, "agent-other")).includes("NCALayer"));

    const denied = await browser.newPage();
    await denied.addInitScript(() => {
      navigator.permissions.query = async () => ({ state: "denied" });
    });
    await chooseToken(denied, address, "AKKaztokenStore");
    await status(denied, "agent-permission");
    await denied.locator('input[name="keystore"][value="PKCS12"]').check();
    const person = demo.person("daniyar");
    await denied.locator("#file-input").setInputFiles(await keyFiles(person.files));
    await denied.locator("#password").fill(person.password);
    await denied.locator("#refresh-keys").click();
    await denied.locator("#key-cards .tanba-key-card").first().waitFor(PATIENCE);
    await denied.locator("#sign-in").click();
    await denied.waitForURL(/\/cabinet/, PATIENCE);
    await computer.stop();
  });
});
