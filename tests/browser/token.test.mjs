// Keys in tokens: from an old file into a token, from that token into the next, in each language; between them all keystores of the list.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { Computer, KINDS, NEW_PIN, PIN, freePort } from "./agent.mjs";
import { startBrowser, startDemo, violations } from "./harness.mjs";
import { Wizard, keyFiles, problem } from "./wizard.mjs";

const PATIENCE = { timeout: 60_000 };

/** Names of devices that are the same in each language. */
const NAMES = { AKKaztokenStore: "Kaztoken", AKJaCartaStore: "JaCarta", AKEToken72KStore: "eToken PRO (Java, 72K)" };

/** What she reads on her way, and the devices that her keys go through: all of them once, two in each further language. */
const WALKS = {
  kk: {
    locale: "kk-KZ",
    storages: Object.keys(KINDS),
    names: { ...NAMES, AKKZIDCardStore: "Жеке куәлік" },
    ready: "Таңба агенті іске қосылған, құрылғы қосулы",
    made: "Жаңа кілттер құрылғыда жасалады",
    install: "Құрылғыға орнату",
    held: "Сертификат кілтінің жанында тұр",
    serial: "сериялық нөмірі",
    failed: "Агент мұны орындай алмады. Ештеңеге қол қойылмады, кілттеріңіз аман",
    elsewhere: "Бұл құрылғыда осы сертификаттарды күтіп тұрған кілт жоқ",
  },
  ru: {
    locale: "ru-RU",
    storages: ["AKJaCartaStore", "AKKZIDCardStore"],
    names: { ...NAMES, AKKZIDCardStore: "Удостоверение личности" },
    ready: "Агент «Таңба» запущен, устройство подключено",
    made: "Новые ключи создаются в устройстве",
    install: "Установить в устройство",
    held: "Сертификат лежит рядом со своим ключом",
    serial: "серийный номер",
    failed: "Агент не смог это выполнить. Ничего не подписано, ключи целы",
    elsewhere: "В этом устройстве нет ключей, которые ждут этих сертификатов",
  },
  en: {
    locale: "en-GB",
    storages: ["AKEToken72KStore", "AKKaztokenStore"],
    names: { ...NAMES, AKKZIDCardStore: "ID card" },
    ready: "The Tanba agent is running and the device is plugged in",
    made: "The new keys are made in the device",
    install: "Install in the device",
    held: "The certificate lies beside its key",
    serial: "serial number",
    failed: "The agent could not do this. Nothing was signed and your keys are safe",
    elsewhere: "No key in this device waits for these certificates",
  },
};

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
  const { page, words } = wizard;
  await chooseToken(page, wizard.address("/enter"), storage);
  const said = await status(page, "ready");
  assert.ok(said.startsWith(`${words.ready}: ${words.names[storage]}. `), said);
  await wizard.sign();
}

/** Everything between the cabinet and the certificates in a token. */
async function reissueOnto(wizard, storage, signOldKey) {
  const { page, demo, words, language } = wizard;
  const name = words.names[storage];
  await wizard.openForm();
  await wizard.fillForm();
  await page.locator(`input[name="keystore"][value="${storage}"]`).check();
  await wizard.apply();
  assert.equal(await page.getAttribute("html", "lang"), language);
  assert.equal(await page.locator("#new-password").count(), 0, "a token has its PIN");
  const confirmed = await page.locator("main").innerText();
  for (const part of [words.made, name]) assert.ok(confirmed.includes(part), `${part} is not in ${confirmed}`);
  await page.locator("#correct").check();
  await page.locator("#confirm").click();
  await page.locator("#signing:not([hidden])").waitFor(PATIENCE);
  await signOldKey();
  await page.locator("#code-section:not([hidden])").waitFor(PATIENCE);
  await wizard.typeCode(await demo.code(wizard.number));
  await wizard.issued();
  assert.equal(await page.locator("#install-start").innerText(), words.install);
  await page.locator("#install-start").click();
  await page.locator("#done-section:not([hidden])").waitFor(PATIENCE);
  const lines = await page.locator("#done-checks li").allInnerTexts();
  assert.equal(lines.length, 2);
  for (const line of lines) {
    const [start, serial] = line.split(words.serial);
    assert.equal(start.trim(), `${words.held}: ${name},`);
    assert.match(serial.trim(), /^[0-9a-f]{4}( [0-9a-f]{4}){9}$/);
  }
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
async function finishAfterFaults({ page, words }, port) {
  const refusals = {};
  await refuse(page, port, refusals);
  await page.reload();
  const [finish, install] = ["#finish", "#install-start"].map((button) => page.locator(button));
  await finish.waitFor(PATIENCE);
  const held = await page.locator("#done-checks").innerText();
  refusals.sign = "the key cannot be used";
  await finish.click();
  const failed = await problem(page);
  assert.deepEqual(failed.codes, ["agent-failed"]);
  assert.ok(failed.text.startsWith(words.failed), failed.text);
  assert.ok((await finish.isVisible()) && (await install.isVisible()));
  assert.deepEqual(await violations(page), []);
  refusals.importCertificate = "no key waits for this certificate on this computer";
  await install.click();
  const elsewhere = page.locator('#error-summary li[data-code="agent-key-elsewhere"]');
  await elsewhere.waitFor(PATIENCE);
  assert.ok((await elsewhere.innerText()).startsWith(words.elsewhere), await elsewhere.innerText());
  assert.ok(await finish.isVisible(), "no key waits, because the certificates are there");
  // Nothing of it is forgotten by a page that is opened again.
  await page.reload();
  await finish.waitFor(PATIENCE);
  assert.equal(await page.locator("#done-checks").innerText(), held);
  delete refusals.sign;
  delete refusals.importCertificate;
}

/** A demo, and the computer of somebody with an empty token of each of these kinds. */
async function scene(storages) {
  const port = await freePort();
  const demo = await startDemo(["--agent-port", String(port)]);
  const computer = await Computer.make({ port, site: demo.url });
  for (const storage of storages) await computer.plugIn(KINDS[storage]);
  const leave = async () => {
    await computer.remove();
    await demo.stop();
  };
  return { demo, computer, port, leave };
}

for (const [language, words] of Object.entries(WALKS)) {
  test(`${language}: from a file into a token, and from token to token`, async (context) => {
    const { demo, computer, port, leave } = await scene(words.storages);
    context.after(leave);
    await computer.start();
    const run = await startBrowser({ env: computer.env, locale: words.locale });
    context.after(() => run.stop());
    const { page } = run;
    const wizard = new Wizard({ demo, page, language, person: demo.person("aigerim") });
    wizard.words = words;
    await wizard.signIn();
    let before = null;
    for (const storage of words.storages) {
      const old = before;
      if (old !== null) await signInWithToken(wizard, old);
      await reissueOnto(wizard, storage, async () => {
        if (old === null) {
          await page.locator("#sign").click();
          return;
        }
        assert.equal(await page.locator("#signing-storage").inputValue(), old, "the token of the sign-in is offered");
        assert.equal(await page.locator("#signing-storage option:checked").innerText(), words.names[old]);
        await page.locator("#sign-token").click();
      });
      if (old === null) await finishAfterFaults(wizard, port);
      await wizard.finish();
      const seen = await computer.objects(KINDS[storage], PIN);
      assert.equal(seen.match(/Private Key Object/g)?.length, 2, seen);
      assert.equal(seen.match(/Certificate Object/g)?.length, 2, seen);
      assert.ok(seen.includes("never extractable"), seen);
      before = storage;
    }
    await signInWithToken(wizard, before);
    await page.goto(wizard.address("/cabinet/keys"));
    const keys = await page.locator("main").innerText();
    for (const storage of words.storages) assert.ok(keys.includes(words.names[storage]), `${words.names[storage]} is not in ${keys}`);
    const grants = await computer.grants();
    for (const use of ["login", "signature", "keys"]) assert.ok(grants.includes(use), grants);
    assert.deepEqual(run.errors, []);
  });
}

describe("tokens", { concurrency: 1 }, () => {
  let demo, computer, port, leave;
  before(async () => {
    ({ demo, computer, port, leave } = await scene(Object.keys(KINDS)));
  });
  after(() => leave?.());

  const browserOf = (options) => startBrowser({ env: computer.env, ...options });

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
