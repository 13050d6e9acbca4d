// First issuance without keys, in three languages: everything that an applicant does until she goes to the centre.
import assert from "node:assert/strict";
import { test } from "node:test";
import { foreign, run as command, startBrowser, startDemo } from "./harness.mjs";
import { look } from "./screen.mjs";

const PASSWORD = "Zhana-Qupia7";
/** What only the edition for that reader says. */
const SHEET = { kk: "Оператордың қолы", ru: "Подпись оператора", en: "Application for digital signature keys" };
const EXPECTED = /Failed to load resource: the server responded with a status of (409|410|422|429)/;

/** The page of a step is on the screen. */
const step = (page, name) => page.locator(name).waitFor({ timeout: 60_000 });

async function mailed(demo, kind, address, count = 1) {
  const found = await demo.mails(kind, address, count);
  return found.at(-1);
}

for (const [language, locale] of [["kk", "kk-KZ"], ["ru", "ru-RU"], ["en", "en-GB"]]) {
  test(`${language}: first keys, from the agreement to the number and its withdrawal`, async (context) => {
    const demo = await startDemo();
    context.after(() => demo.stop());
    const run = await startBrowser({ locale });
    context.after(() => run.stop());
    const { page } = run;
    const person = demo.person("aigerim");
    const { iin } = person;
    const [surname, given, ...patronymic] = person.name.split(" ");
    const address = `first-${language}@example.kz`;
    const everywhere = { everywhere: true };

    await page.goto(`${demo.url}/${language}/obtain`);
    await look(page, language, "40-obtain", everywhere);
    await page.locator("#obtain-form button").click();
    await step(page, ".govuk-error-summary");
    await page.locator("#accepted").check();
    await page.locator("#obtain-form button").click();

    await step(page, "#first-person-form");
    await look(page, language, "41-obtain-person", everywhere);
    const asked = [];
    const listen = (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`);
    page.on("request", listen);
    await page.locator("#iin").fill(`${iin.slice(0, 11)}${(Number(iin[11]) + 1) % 10}`);
    await page.locator("#surname").fill(surname.toLowerCase());
    await page.locator("#given_name").fill(given);
    await page.locator("#patronymic").fill(patronymic.join(" "));
    await page.locator("#first-person").click();
    await step(page, ".govuk-error-summary:not([hidden])");
    assert.equal(new URL(page.url()).pathname, `/${language}/obtain/person`);
    assert.match(await page.locator(".govuk-error-summary a").first().getAttribute("href"), /#iin$/);
    assert.deepEqual(asked, [], "the wrong digit is found here: neither form nor work is asked for");
    page.off("request", listen);
    await page.locator("#iin").fill(iin);
    await page.locator("#given_name").fill("Бөгде");
    await page.locator("#first-person").click();
    await page.locator("#given_name").evaluate((field) => field.value).catch(() => undefined);
    await page.locator('.govuk-error-summary:not([hidden])', { hasText: /\S/ }).waitFor();
    await page.waitForFunction(() => document.querySelector('input[name="challenge"]')?.value === "", undefined, { timeout: 60_000 });
    await look(page, language, "42-obtain-not-confirmed");
    assert.equal(await page.locator("#surname").inputValue(), surname.toLowerCase(), "what was typed is kept");
    await page.locator("#given_name").fill(given);
    await page.locator("#first-person").click();

    await step(page, "#first-address-form");
    await look(page, language, "43-obtain-address", everywhere);
    await page.locator("#email").fill(address);
    await page.locator("#first-address-form button").click();
    await step(page, "#first-code-form");
    await look(page, language, "44-obtain-code", everywhere);
    const code = (await mailed(demo, "address_code", address)).subject.match(/\d{6}/)[0];
    await page.locator("#code").fill(code === "000000" ? "111111" : "000000");
    await page.locator("#first-code-form button").click();
    await step(page, ".govuk-error-summary:not([hidden])");
    await page.locator("#code").fill(code);
    await page.locator("#first-code-form button").click();

    await step(page, "#first-place-form");
    await page.locator("#region").selectOption("KZ-75");
    await page.locator("#settlement").selectOption("almaty");
    await look(page, language, "45-obtain-place", everywhere);
    await page.locator("#first-place-form button").click();
    await step(page, "#first-centre-form");
    await page.locator('input[value="kz-75-almaty-1"]').check();
    // What each keystore can do is told before keys are made.
    await page.locator("details:has(.tanba-compare) summary").click();
    assert.equal(await page.locator(".tanba-compare__item:visible").count(), 5);
    await look(page, language, "46-obtain-centre", everywhere);
    await page.locator("#first-centre-form button").click();

    await step(page, "#first-form");
    // A reload and a second tab come to the same step.
    await page.reload();
    await step(page, "#first-form");
    await page.locator("#correct").check();
    await page.locator("#new-password").fill(PASSWORD);
    await page.locator("#new-password-repeat").fill(PASSWORD);
    await look(page, language, "47-obtain-confirm", everywhere);
    await page.locator("#confirm").click();
    await page.locator("#signing:not([hidden])").waitFor({ timeout: 60_000 });
    // Whoever reloads before she signs is told that the keys are made anew.
    await page.reload();
    await page.locator("#made-before").waitFor();
    await page.locator("#correct").check();
    await page.locator("#new-password").fill(PASSWORD);
    await page.locator("#new-password-repeat").fill(PASSWORD);
    await page.locator("#confirm").click();
    await page.locator("#signing:not([hidden])").waitFor({ timeout: 60_000 });
    assert.doesNotMatch(await page.locator("#document-summary").innerText(), /^(first|PKCS12)$/m, "what is signed is told in words");
    await look(page, language, "48-obtain-sign");
    await page.locator("#sign").click();

    await step(page, "#application");
    const number = await page.locator("#application").getAttribute("data-number");
    assert.match(number, /^\d{12}$/);
    assert.equal(await page.locator("#application").getAttribute("data-state"), "SUBMITTED");
    await look(page, language, "49-obtain-number", everywhere);
    const mail = await mailed(demo, "first_submitted", address);
    assert.match(mail.text.replaceAll(/(?<=\d) (?=\d)/g, ""), new RegExp(number));
    // What she takes along to the centre.
    const [sheet] = await Promise.all([page.waitForEvent("download"), page.locator("#sheet").click()]);
    assert.equal(sheet.suggestedFilename(), `tanba-${number}.pdf`);
    const { stdout: paper } = await command("pdftotext", [await sheet.path(), "-"]);
    const words = paper.replaceAll(/\s+/g, " ");
    for (const part of [number.replace(/(\d{4})(\d{4})/, "$1 $2 "), iin, address, given, SHEET[language]]) {
      assert.ok(words.includes(part), `${part} is not in ${words}`);
    }
    const known = await mailed(demo, "application_accepted", person.email);
    assert.ok(known, "the address that was known hears of it");
    const pending = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const request = indexedDB.open("tanba");
          request.onsuccess = () => {
            const all = request.result.transaction("pending").objectStore("pending").getAll();
            all.onsuccess = () => resolve(all.result.map((attempt) => attempt.number));
          };
        }),
    );
    assert.deepEqual([...new Set(pending)], [number], "the keys wait on this device under the number");

    // The link of the mail shows; the button withdraws; what was typed is kept for another application.
    const link = mail.text.match(/https?:\/\/\S+\/obtain\/application\/\S+/)[0];
    await page.goto(link);
    await step(page, "#application");
    assert.equal(await page.locator("#application").getAttribute("data-state"), "SUBMITTED");
    await page.locator("#cancel-form button").click();
    await page.locator("#cancel-sure-error:not([hidden])").waitFor();
    assert.equal(await page.locator("#application").getAttribute("data-state"), "SUBMITTED", "one click withdraws nothing");
    await page.locator("#cancel-sure").check();
    await page.locator("#cancel-form button").click();
    await page.locator('#application[data-state="CANCELLED"]').waitFor();
    await page.goto(`${demo.url}/${language}/obtain/application`);
    await onPaper(page);
    await look(page, language, "50-obtain-cancelled");
    await page.locator('form[action$="/obtain/again"] button').click();
    await step(page, "#first-form");

    assert.deepEqual(foreign(run.requests, demo.url), []);
    assert.deepEqual(run.errors.filter((text) => !EXPECTED.test(text)), []);
  });
}

/** The number that she is to remember is as dark on paper as the words, and framed. */
async function onPaper(page) {
  await page.emulateMedia({ media: "print" });
  const panel = await page.locator(".tanba-number-panel").evaluate((panel) => {
    const { color, borderTopWidth, backgroundColor } = getComputedStyle(panel);
    return { color, borderTopWidth, backgroundColor, number: getComputedStyle(panel.querySelector(".tanba-number")).color };
  });
  await page.emulateMedia({ media: "screen" });
  const black = "rgb(0, 0, 0)";
  assert.deepEqual(panel, { color: black, borderTopWidth: "2px", backgroundColor: "rgba(0, 0, 0, 0)", number: black });
}
