// Pages can be read and forms can be sent without JavaScript; only what a key must sign says that it cannot.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { foreign, startBrowser, startDemo } from "./harness.mjs";
import { Wizard } from "./wizard.mjs";

const LANGUAGES = ["kk", "ru", "en"];

describe("without script", () => {
  let demo;
  let plain;
  let scripted;
  before(async () => {
    demo = await startDemo();
    plain = await startBrowser({ javaScriptEnabled: false });
    scripted = await startBrowser();
  });
  after(async () => {
    await plain?.stop();
    await scripted?.stop();
    await demo?.stop();
  });

  test("public pages are read in every language", async () => {
    const { page } = plain;
    for (const language of LANGUAGES) {
      for (const place of ["", "/enter", "/status", "/guide", "/obtain"]) {
        const answer = await page.goto(`${demo.url}/${language}${place}`);
        assert.equal(answer.status(), 200);
        assert.ok((await page.locator("main").innerText()).length > 200, place);
        assert.equal(await page.locator("html").getAttribute("lang"), language);
      }
      await page.goto(`${demo.url}/${language}/enter`);
      assert.ok(await page.locator("noscript .govuk-warning-text").isVisible(), "it is said what script is needed for");
      for (const other of LANGUAGES) {
        await page.locator(`a[hreflang="${other}"]`).click();
        await page.waitForURL(`${demo.url}/${other}/enter`);
      }
    }
  });

  test("the guide is searched, a number is looked up, help is opened", async () => {
    const { page } = plain;
    await page.goto(`${demo.url}/en/guide`);
    await page.locator("#q").fill("I forgot my password");
    await page.locator('form[role="search"] button').click();
    await page.waitForURL(/\?q=/);
    const found = await page.locator(".tanba-answers__item").count();
    assert.ok(found > 0 && found <= 8, String(found));
    await page.locator(".tanba-answers__title").first().click();
    await page.waitForURL(/\/en\/guide\/lost-password$/);
    assert.ok((await page.locator("main").innerText()).includes("1414") || (await page.locator("main").innerText()).length > 300);
    await page.goto(`${demo.url}/en/status`);
    await page.locator("#number").fill("123");
    await page.locator("#status-form button").click();
    await page.locator("#number-error:visible").waitFor();
    assert.equal(await page.locator("#number").inputValue(), "123", "what was typed is kept");
    await page.locator("#help summary").click();
    assert.ok(await page.locator("#help .govuk-details__text").isVisible());
  });

  test("a session without script: the form is sent, errors stand at their fields, the code is typed", async () => {
    const wizard = new Wizard({ demo, page: scripted.page, language: "ru", person: demo.person("daniyar") });
    await wizard.signIn();
    await plain.browser.addCookies(await scripted.browser.cookies());
    const { page } = plain;
    await page.goto(`${demo.url}/ru/cabinet`);
    await page.locator('.tanba-keys-state a.govuk-button').click();
    await page.waitForURL(/\/ru\/cabinet\/reissue$/);
    await page.locator("#email").fill("no address");
    await page.locator("#apply").click();
    await page.locator(".govuk-error-summary:not([hidden]) li").first().waitFor();
    assert.ok(await page.locator("#region-error").isVisible());
    assert.equal(await page.locator("#email").inputValue(), "no address", "nothing typed is lost");
    await page.locator("#email").fill("");
    await page.locator("#region").selectOption("KZ-75");
    await page.locator("#settlement").selectOption("almaty");
    await page.locator("#apply").click();
    await page.waitForURL(/\/ru\/cabinet\/reissue\/confirm\?number=\d{12}$/);
    const number = await page.locator("#confirm-form").getAttribute("data-number");
    assert.ok(await page.locator("noscript .govuk-warning-text").first().isVisible());
    assert.match(await page.locator("#summary").innerText(), /850701300453/);

    // The same application goes on where there is script; then the code is typed here.
    await scripted.page.goto(`${demo.url}/ru/cabinet/reissue/confirm?number=${number}`);
    await wizard.fillConfirmation();
    await wizard.makeKeys();
    await scripted.page.locator("#signing-files").setInputFiles(wizard.person.files);
    await scripted.page.locator("#signing-password").fill(wizard.password);
    await wizard.signDocument();
    await page.reload();
    await page.locator("#code").fill("000000");
    const code = await demo.code(number);
    await page.locator("#code").fill(code === "000000" ? "111111" : "000000");
    await page.locator("#code-submit").click();
    await page.locator("#code-error:not([hidden])").waitFor();
    await page.locator("#code").fill(code);
    await page.locator("#code-submit").click();
    await page.waitForURL(new RegExp(`/ru/cabinet/applications/${number}$`));
    assert.ok(await page.locator("#install-section noscript .govuk-warning-text").isVisible());
    assert.equal((await demo.mails("certificates_issued", wizard.person.email)).length, 1);
  });

  test("an application is withdrawn, and the session ended", async () => {
    const wizard = new Wizard({ demo, page: scripted.page, language: "kk", person: demo.person("aigerim") });
    await scripted.browser.clearCookies();
    await wizard.signIn();
    await wizard.openForm();
    await wizard.fillForm();
    await wizard.apply();
    await plain.browser.addCookies(await scripted.browser.cookies());
    const { page } = plain;
    await page.goto(`${demo.url}/kk/cabinet/applications/${wizard.number}`);
    await page.locator("#cancel-form button").click();
    await page.locator('#application[data-state="CANCELLED"]').waitFor();
    await page.locator(".tanba-menu__summary").click();
    await page.locator("#sign-out").click();
    await page.waitForURL(`${demo.url}/kk?signed_out`);
    await page.goto(`${demo.url}/kk/cabinet`);
    await page.waitForURL(/\/kk\/enter/);
    assert.deepEqual(foreign(plain.requests, demo.url), []);
  });
});
