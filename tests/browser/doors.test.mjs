// The doors that need no key, or open something other than keys: status by number and IIN, the address of mails, sessions,
// revoking and freezing by a code. In three languages, and what verifiers are told right afterwards.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { foreign, pause, startBrowser, startDemo } from "./harness.mjs";
import { look } from "./screen.mjs";
import { Wizard } from "./wizard.mjs";
import { standings } from "./witness.mjs";

const everywhere = { everywhere: true };
/** A page that is shown with its error status is logged by the browser as a failed load. */
const EXPECTED = /Failed to load resource: the server responded with a status of (410|422)/;

for (const { language, locale } of [
  { language: "kk", locale: "kk-KZ" },
  { language: "ru", locale: "ru-RU" },
  { language: "en", locale: "en-GB" },
]) {
  describe(language, () => {
    let demo, run, wizard;
    before(async () => {
      demo = await startDemo();
      run = await startBrowser({ locale });
      wizard = new Wizard({ demo, page: run.page, language, person: demo.person("aigerim") });
    });
    after(async () => {
      await run?.stop();
      await demo?.stop();
    });

    test("the keystores are compared before an application is made; lists have filters", async () => {
      const { page } = wizard;
      await wizard.signIn();
      await wizard.openForm();
      await page.locator("details:has(.tanba-compare) summary").click();
      assert.equal(await page.locator(".tanba-compare__item").count(), 5);
      await look(page, language, "28-compare", everywhere);
      await wizard.fillForm();
      await wizard.apply();
      await page.goto(wizard.address("/cabinet/keys"));
      await page.locator("#purpose").selectOption("signature");
      await page.locator("#status").selectOption("valid");
      await page.locator(".tanba-filter button").click();
      await page.waitForURL(/status=valid&purpose=signature/);
      assert.equal(await page.locator(".tanba-key-card").count(), 1);
      await look(page, language, "29-keys-filtered", everywhere);
    });

    test("a new device was announced", async () => {
      const [mail] = await demo.mails("new_device", wizard.person.email);
      assert.match(mail.text, /Chrome/);
      assert.match(mail.text, /\/not-me\//);
    });

    test("the address is changed by a code, and both hear of it", async () => {
      const { page, person } = wizard;
      await page.goto(wizard.address("/cabinet/profile"));
      await page.locator("#email").fill("no address");
      await page.locator('form[action$="/profile/email"] button').click();
      await page.locator("#email-error:visible").waitFor();
      await page.locator("#email").fill("aigerim.new@demo.kz");
      await page.locator('form[action$="/profile/email"] button').click();
      await page.locator("#code").waitFor();
      const part = ["#email-title", "#phone-title"];
      await look(page, language, "30-address-code", { everywhere: true, part });
      const [mail] = await demo.mails("email_change_code", "aigerim.new@demo.kz");
      await page.locator("#code").fill(mail.subject.match(/\d{6}/)[0]);
      await page.locator('form[action$="/profile/email/code"] button').click();
      await page.locator(".govuk-inset-text").waitFor();
      await look(page, language, "31-address-changed", { everywhere: true, part });
      for (const address of [person.email, "aigerim.new@demo.kz"]) await demo.mails("address_changed", address);
    });

    test("every session is ended at once", async () => {
      const { page } = wizard;
      await page.locator('form[action$="/profile/sessions/end"] button').click();
      await page.locator("main[data-page=front]").waitFor();
      await page.goto(wizard.address("/cabinet"));
      await page.locator("main[data-page=enter]").waitFor();
    });

    test("the status of an application is told for its number and the IIN, and for nothing less", async () => {
      const { page, person } = wizard;
      await wizard.front();
      await page.locator("#number").fill(wizard.number);
      await page.locator('.tanba-search[action$="/status"] button').click();
      await page.locator("#status-form #iin").waitFor();
      await look(page, language, "32-status-proof", everywhere);
      await page.locator("#iin").fill(demo.person("daniyar").iin);
      await page.locator("#status-form button").click();
      await page.locator("#number-error:visible").waitFor();
      assert.equal(await page.locator("#number").inputValue(), wizard.number, "what was typed is kept");
      await page.locator("#iin").fill(person.iin);
      await page.locator("#status-form button").click();
      await page.locator("#application[data-state=DRAFT]").waitFor();
      await look(page, language, "33-status-proved", everywhere);
      await page.goto(wizard.address("/cabinet"));
      await page.locator("main[data-page=enter]").waitFor();
    });

    test("a key whose password is forgotten is revoked by a code, and verifiers are told at once", async () => {
      const { page, person } = wizard;
      await wizard.openEnter();
      await page.locator('main a[href$="/revoke"]').click();
      await page.locator("#iin").fill("850101300120");
      await page.locator('form[action$="/revoke"] button').click();
      await page.locator("#iin-error:visible").waitFor();
      await look(page, language, "34-keyless", everywhere);
      await page.locator("#iin").fill(person.iin);
      await page.locator('form[action$="/revoke"] button').click();
      await page.locator("#code").waitFor();
      await look(page, language, "35-keyless-code", everywhere);
      await page.locator("#code").fill(await entryCode(demo, person.email, 1));
      await page.locator('form[action$="/revoke/code"] button').click();
      await page.locator("#keyless-revoke").waitFor();
      await look(page, language, "36-keyless-choose", everywhere);
      await page.locator("#keyless-revoke").click();
      await page.locator("#sure-error:visible").waitFor();
      await page.locator('input[name="serial"]').first().check();
      const serial = await page.locator('input[name="serial"]').first().inputValue();
      await page.locator('input[name="event"][value="lost"]').check();
      await page.locator("#sure").check();
      await page.locator("#keyless-revoke").click();
      await page.locator(".tanba-serials li").first().waitFor();
      await look(page, language, "37-keyless-revoked", everywhere);
      const answers = await standings(demo, person);
      assert.deepEqual(answers.get(serial), "revoked: keyCompromise", "on the next answer");
      await demo.mails("revoked", person.email);
    });

    test("everything is frozen by a code, and verifiers are told at once", async () => {
      const { page, person } = wizard;
      await page.goto(wizard.address("/revoke"));
      await page.locator("#freeze-sure").check();
      await page.locator("#keyless-freeze").click();
      await page.locator(".tanba-serials li").first().waitFor();
      await look(page, language, "38-keyless-frozen", everywhere);
      const answers = [...(await standings(demo, person)).values()].sort();
      assert.deepEqual(answers, ["revoked: certificateHold", "revoked: keyCompromise"]);
      await demo.mails("frozen", person.email);
      await page.goto(wizard.address("/revoke"));
      await page.locator("#iin").waitFor();
    });

    test("no request left the origin, no error was logged", () => {
      assert.deepEqual(foreign(run.requests, demo.url), []);
      assert.deepEqual(run.errors.filter((text) => !EXPECTED.test(text)), []);
    });
  });
}

/** The newest code for entering without a key. */
async function entryCode(demo, address, count) {
  for (let turn = 0; turn < 100; turn += 1) {
    const mails = (await demo.mailbox()).filter(({ kind, to }) => kind === "entry_code" && to === address);
    if (mails.length >= count) return mails.at(-1).subject.match(/\d{6}/)[0];
    await pause(100);
  }
  throw new Error(`no code came to ${address}`);
}
