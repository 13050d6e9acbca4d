// Everything else that a token signs: an operator's decision at the desk, first keys that are made in a token, a revocation.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Computer, KINDS, PIN, freePort } from "./agent.mjs";
import { apply } from "./applicant.mjs";
import { foreign, startBrowser, startDemo } from "./harness.mjs";
import { look } from "./screen.mjs";
import { Seat } from "./seat.mjs";
import { problem } from "./wizard.mjs";

const PATIENCE = { timeout: 60_000 };
const [OF_OPERATOR, OF_APPLICANT] = ["AKJaCartaStore", "AKKaztokenStore"];

/** Chooses a token on a page of entry, and signs in with it. */
async function enterWithToken(page, address, storage) {
  await page.goto(address);
  await page.locator(`input[name="keystore"][value="${storage}"]`).check();
  await page.locator('#agent-status[data-state="ready"]').waitFor(PATIENCE);
  await page.locator("#sign-in").click();
}

/** Signs what was prepared by a token of this kind. */
async function signByToken(page, storage) {
  await page.locator("#signing:not([hidden])").waitFor(PATIENCE);
  const room = page.locator("#signing-token");
  if ((await room.getAttribute("open")) === null) await room.locator("summary").click();
  await page.locator("#signing-storage").selectOption(storage);
  await page.locator("#sign-token").click();
}

for (const [language, locale] of [["kk", "kk-KZ"], ["ru", "ru-RU"], ["en", "en-GB"]]) {
  test(`${language}: first keys are made in a token, approved and revoked by tokens`, async (context) => {
    const port = await freePort();
    const demo = await startDemo(["--agent-port", String(port)]);
    context.after(() => demo.stop());
    const computer = await Computer.make({ port, site: demo.url });
    context.after(() => computer.remove());
    for (const storage of [OF_OPERATOR, OF_APPLICANT]) await computer.plugIn(KINDS[storage]);
    const [home, counter] = await Promise.all([startBrowser({ env: computer.env, locale }), startBrowser({ env: computer.env, locale })]);
    context.after(() => Promise.all([home.stop(), counter.stop()]));
    const seat = new Seat({ demo, page: counter.page, language, role: "operator" });
    await computer.put(KINDS[OF_OPERATOR], seat.member.files, seat.member.password);
    await computer.start();
    const { page } = home;
    const address = `token-${language}@example.kz`;

    // The new key itself signs the application; what it is given to sign is shown by the agent.
    const number = await apply({ demo, page, language, person: demo.person("aigerim"), address, keystore: OF_APPLICANT });
    const made = await computer.objects(KINDS[OF_APPLICANT], PIN);
    assert.equal(made.match(/Private Key Object/g)?.length, 2, made);
    assert.equal(made.match(/Certificate Object/g), null, "no certificate yet");

    // The operator signs in and decides with a token.
    await enterWithToken(seat.page, `${seat.address}/enter`, OF_OPERATOR);
    await seat.page.waitForURL(seat.address, PATIENCE);
    await seat.page.locator(`#queue a[href$="${number}"]`).click();
    await seat.page.locator("#approve").click();
    await signByToken(seat.page, OF_OPERATOR);
    await seat.page.waitForURL((url) => url.href.endsWith("?done=issued"), PATIENCE);

    // Certificates go beside the keys that wait in the token.
    const [ready] = await demo.mails("first_issued", address);
    await page.goto(ready.text.match(/https?:\/\/\S+\/status\/\S+|https?:\/\/\S+\/obtain\/application\/\S+/)[0]);
    const install = page.locator('a.govuk-button[href*="/status/"]');
    if ((await install.count()) > 0) await install.click();
    await page.locator("#status-form button").click();
    await page.locator('#application[data-state="ISSUED"]').waitFor(PATIENCE);
    await page.locator("#install-start").click();
    await page.locator("#done-section:not([hidden])").waitFor(PATIENCE);
    await page.locator("#finish").click();
    await page.locator('#application[data-state="INSTALLED"]').waitFor(PATIENCE);
    const installed = await computer.objects(KINDS[OF_APPLICANT], PIN);
    assert.equal(installed.match(/Certificate Object/g)?.length, 2, installed);

    // She revokes what is in the token, by the token: first without the agent, which is said.
    await enterWithToken(page, `${demo.url}/${language}/enter`, OF_APPLICANT);
    await page.waitForURL(/\/cabinet(\/|$|\?)/, PATIENCE);
    await page.goto(`${demo.url}/${language}/cabinet/revoke`);
    await page.locator('input[name="serial"]').first().check();
    await page.locator('input[name="event"]').first().check();
    await page.locator("#sure").check();
    await page.locator("#revoke-continue").click();
    await computer.stop();
    await signByToken(page, OF_APPLICANT);
    assert.deepEqual((await problem(page)).codes, ["agent-silent"]);
    await computer.start({ decisions: ["cancel"] });
    await signByToken(page, OF_APPLICANT);
    assert.deepEqual((await problem(page)).codes, ["agent-cancelled"]);
    await look(page, language, "95-revoke-token", { everywhere: true });
    await signByToken(page, OF_APPLICANT);
    await page.locator("#done-section:not([hidden])").waitFor(PATIENCE);
    assert.equal(await page.locator("#revoked-serials li").count(), 1);

    for (const { requests, errors } of [home, counter]) {
      assert.deepEqual(foreign(requests, demo.url), []);
      assert.deepEqual(errors.filter((error) => !/ 4\d\d |ERR_CONNECTION_REFUSED/.test(error)), []);
    }
  });
}
