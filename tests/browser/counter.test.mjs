// A citizen at her own computer and an operator at the desk, at the same time: first keys are approved and installed; or
// they are refused, and the applicant reads why.
import assert from "node:assert/strict";
import { test } from "node:test";
import { foreign, startBrowser, startDemo } from "./harness.mjs";
import { APPLICANT_PASSWORD as PASSWORD, apply } from "./applicant.mjs";
import { codeOnPaper } from "./paper.mjs";
import { look } from "./screen.mjs";
import { Seat } from "./seat.mjs";
import { Wizard, problem } from "./wizard.mjs";

const PATIENCE = { timeout: 60_000 };
const REFUSED = {
  kk: "Құжат жарамсыз немесе бүлінген.",
  ru: "Документ недействителен или повреждён.",
  en: "The document is not valid, or is damaged.",
};
const REMARK = { kk: "Жаңа куәлікпен келіңіз.", ru: "Приходите с новым удостоверением.", en: "Come with a new card." };

/** How the desk calls her; her own pages say "you". */
const APPLICANT = { kk: "өтініш беруші", ru: "заявитель", en: "the applicant" };

/** First keys were installed; nothing was renewed. */
const INSTALLED = {
  kk: "Алғашқы ЭЦҚ кілттері орнатылды.",
  ru: "Первые ключи ЭЦП установлены.",
  en: "Your first digital signature keys are installed.",
};

for (const [language, locale] of [["kk", "kk-KZ"], ["ru", "ru-RU"], ["en", "en-GB"]]) {
  test(`${language}: at the counter one is refused and reads why, another takes her keys home`, async (context) => {
    const demo = await startDemo();
    context.after(() => demo.stop());
    const [home, counter] = await Promise.all([startBrowser({ locale }), startBrowser({ locale })]);
    context.after(() => Promise.all([home.stop(), counter.stop()]));
    const { page } = home;
    const person = demo.person("aigerim");
    const address = `counter-${language}@example.kz`;
    const seat = new Seat({ demo, page: counter.page, language, role: "operator" });
    const [refused] = await Promise.all([apply({ demo, page, language, person, address }), seat.sitDown()]);

    // Refused, with a sentence of the operator's.
    const [sheet] = await Promise.all([page.waitForEvent("download"), page.locator("#sheet").click()]);
    const scanned = await codeOnPaper(await sheet.path());
    assert.ok(scanned.startsWith(`${demo.url}/`) && scanned.includes(refused), scanned);
    await seat.find(scanned, "applications", refused);
    await seat.page.locator(`a[href="/${language}/desk"]`).first().click();
    await seat.find(refused.replace(/(\d{4})(?=\d)/g, "$1 "), "applications", refused);
    await look(seat.page, language, "67-desk-application", { everywhere: true });
    const late = await counter.browser.newPage();
    await late.goto(seat.page.url());
    await seat.page.locator("#reject-reason").selectOption("document-invalid");
    await seat.page.locator("#reject-remark").fill(REMARK[language]);
    await seat.page.locator("#reject").click();
    await seat.sign("done=rejected");
    const way = await seat.page.locator(".tanba-timeline").first().innerText();
    assert.ok(way.includes(`· ${APPLICANT[language]}`), way);
    await look(seat.page, language, "68-desk-refused");
    // Whoever is too late is told so on the page as it is now.
    await late.locator("#approve").click();
    assert.deepEqual((await problem(late)).codes, ["desk-application-decided"]);
    assert.equal(await late.locator("#approve").count(), 0, "nothing is left to decide");
    assert.ok((await late.locator(".tanba-timeline").first().innerText()).includes(REMARK[language]));
    await late.close();
    await page.reload();
    await page.locator('#application[data-state="REJECTED"]').waitFor(PATIENCE);
    const told = await page.locator("#application").innerText();
    for (const part of [REFUSED[language], REMARK[language]]) assert.ok(told.includes(part), `${part} is not in ${told}`);
    await look(page, language, "51-obtain-refused", { everywhere: true });
    const [mail] = await demo.mails("application_rejected", address);
    assert.ok(mail.text.includes(REMARK[language]), mail.text);

    // Once more with what was typed; this time she has the right paper.
    await page.locator('form[action$="/obtain/again"] button').click();
    await page.locator("#first-form").waitFor(PATIENCE);
    await page.locator("#correct").check();
    await page.locator("#new-password").fill(PASSWORD);
    await page.locator("#new-password-repeat").fill(PASSWORD);
    await page.locator("#confirm").click();
    await page.locator("#signing:not([hidden])").waitFor(PATIENCE);
    await page.locator("#sign").click();
    await page.locator('#application[data-state="SUBMITTED"]').waitFor(PATIENCE);
    const number = await page.locator("#application").getAttribute("data-number");
    assert.notEqual(number, refused);
    // Without opening the page anew, so her key is still open.
    await seat.page.locator(`a[href="/${language}/desk"]`).first().click();
    await seat.page.locator(`#queue a[href$="${number}"]`).click();
    await seat.page.locator("#approve").click();
    await seat.sign("done=issued");
    await look(seat.page, language, "69-desk-issued");

    // The page with the number installs nothing, and asks for nothing that it has no right to.
    await page.goto(`${demo.url}/${language}/obtain/application`);
    await page.locator('#application[data-state="ISSUED"]').waitFor(PATIENCE);
    await page.waitForLoadState("networkidle");
    assert.deepEqual(home.requests.filter((url) => url.endsWith("/certificates")), []);

    // The link of the mail shows, the button asks, and the keys that waited in this browser get their certificates.
    const [ready] = await demo.mails("first_issued", address);
    await page.goto(ready.text.match(/https?:\/\/\S+\/status\/\S+|https?:\/\/\S+\/obtain\/application\/\S+/)[0]);
    const install = page.locator('a.govuk-button[href*="/status/"]');
    if ((await install.count()) > 0) await install.click();
    await page.locator("#status-form button").click();
    await page.locator('#application[data-state="ISSUED"]').waitFor(PATIENCE);
    await look(page, language, "52-obtain-install", { everywhere: true });
    const wizard = new Wizard({ demo, page, language, person });
    await page.locator("#install-download").click();
    await page.locator("#install-start").click();
    assert.equal((await problem(page)).codes.length, 1, "the password is asked for");
    await page.locator("#install-password").fill(PASSWORD);
    const files = await wizard.installByDownloads();
    assert.equal(files.size, 2);
    await wizard.finish();
    const finished = await page.locator("#finished").innerText();
    assert.ok(finished.includes(INSTALLED[language]), finished);
    await look(page, language, "53-obtain-installed", { everywhere: true });

    for (const { requests, errors } of [home, counter]) {
      assert.deepEqual(foreign(requests, demo.url), []);
      assert.deepEqual(errors.filter((error) => !/ 4\d\d /.test(error)), []);
    }
  });
}
