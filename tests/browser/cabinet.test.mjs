// What else a citizen does in the cabinet, and on the pages that mails lead to, in three languages: the list of keys with all
// that can be taken away from it, an application that is taken back, the menu with her surname, the guide that answers.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { foreign, root, run as command, startBrowser, startDemo } from "./harness.mjs";
import { look } from "./screen.mjs";
import { Wizard } from "./wizard.mjs";

const everywhere = { everywhere: true };
const PATIENCE = { timeout: 30_000 };
const PHONE = "+77021234567";
/** Those that people of the demo have from the start. */
const PHONES = { aigerim: "+77000000001", daniyar: "+77000000002" };
/** A page that is shown with its error status is logged by the browser as a failed load. */
const EXPECTED = /Failed to load resource: the server responded with a status of (404|422)/;

const READERS = {
  kk: { locale: "kk-KZ", other: "ru", question: "құпиясөзді ұмыттым", cancelled: "кері алды", you: "сіз" },
  ru: { locale: "ru-RU", other: "en", question: "забыл пароль", cancelled: "отозвана", you: "вы" },
  en: { locale: "en-GB", other: "kk", question: "I forgot my password", cancelled: "withdrawn", you: "you" },
};

for (const [language, reader] of Object.entries(READERS)) {
  describe(`the cabinet, ${language}`, () => {
    let demo, run, wizard, folder;
    before(async () => {
      demo = await startDemo();
      run = await startBrowser({ locale: reader.locale });
      wizard = new Wizard({ demo, page: run.page, language, person: demo.person("aigerim") });
      folder = path.join(demo.folder, "taken");
      await mkdir(folder);
      await wizard.signIn();
    });
    after(async () => {
      await run?.stop();
      await demo?.stop();
    });

    /** What a link of the page gives: the path of a file with the name that the server chose. */
    async function take(link) {
      const [download] = await Promise.all([run.page.waitForEvent("download"), link.click()]);
      const file = path.join(folder, download.suggestedFilename());
      await download.saveAs(file);
      return file;
    }

    test("certificates, their proof and the sealed report are taken away, and others agree with them", async () => {
      const { page, person } = wizard;
      await page.locator('.tanba-menu-cards a[href$="/cabinet/keys"]').click();
      await page.locator("main[data-page=keys]").waitFor();
      // The log is sealed within moments of the start.
      await page.waitForFunction(async () => (await fetch(location.href)).text().then((text) => text.includes(".proof.json")), undefined, PATIENCE);
      await page.reload();
      const card = page.locator(".tanba-key-card-and-links").first();
      const pem = await take(card.locator('a[href$=".pem"]'));
      const der = await take(card.locator('a[href$=".cer"]'));
      const proof = await take(card.locator('a[href$=".proof.json"]'));
      const serialOf = async (file, form) => (await command("openssl", ["x509", "-in", file, "-inform", form, "-noout", "-serial"])).stdout.trim().split("=")[1].toLowerCase();
      const serial = await serialOf(pem, "PEM");
      assert.equal(await serialOf(der, "DER"), serial);
      assert.ok((await card.innerText()).replaceAll(/\s/g, "").toLowerCase().includes(serial), "it is the certificate of the card");
      const auditor = path.join(root, "scripts/verify-audit.py");
      const { stdout: holds } = await command("python3", [auditor, "--proof", proof, demo.root, der]);
      assert.notEqual(holds.trim(), "");
      const other = await take(page.locator('.tanba-key-card-and-links a[href$=".cer"]').nth(1));
      await assert.rejects(command("python3", [auditor, "--proof", proof, demo.root, other]), "the proof is of one certificate only");

      const csv = await take(page.locator('a[href$="/report.csv"]'));
      const signature = await take(page.locator('a[href$="/report.csv.p7s"]'));
      await command("openssl", ["cms", "-verify", "-binary", "-inform", "DER", "-in", signature, "-content", csv, "-CAfile", demo.root, "-purpose", "any", "-out", "/dev/null"]);
      const table = await readFile(csv, "utf8");
      assert.ok(table.includes(`"${serial}"`), table);
      const pdf = await take(page.locator('a[href$="/report.pdf"]'));
      const { stdout: paper } = await command("pdftotext", [pdf, "-"]);
      assert.ok(paper.replaceAll(/\s/g, "").toLowerCase().includes(serial), paper);
      assert.ok(paper.includes(person.name.split(" ")[0]), paper);
      const { stdout: seals } = await command("pdfsig", ["-nocert", pdf]);
      assert.match(seals, /Signature is Valid/);
      await page.locator("details:not(#help) summary").last().click();
      await look(page, language, "39-key-proof", everywhere);
    });

    test("an application shows its way and is taken back", async () => {
      const { page } = wizard;
      await page.goto(wizard.address("/cabinet/reissue"));
      await wizard.fillForm();
      await wizard.apply();
      await page.goto(wizard.address("/cabinet/applications"));
      await page.locator(".tanba-application-list details summary").first().click();
      await look(page, language, "54-application-open", everywhere);
      await page.locator(`form[action$="/${wizard.number}/cancel"] button`).click();
      await page.locator('#application[data-state="CANCELLED"]').waitFor(PATIENCE);
      const way = (await page.locator(".tanba-timeline").innerText()).toLowerCase();
      assert.ok(way.includes(reader.cancelled) && way.includes(`· ${reader.you}`), way);
      await look(page, language, "55-application-cancelled", everywhere);
      await page.goto(wizard.address("/cabinet/applications"));
      assert.equal(await page.locator('form[action$="/cancel"]').count(), 0);
    });

    test("a telephone is changed by the code that came to it; the one of before is told, and of a removed one too", async (context) => {
      const { page, person } = wizard;
      const send = page.locator('form[action$="/profile/phone"] button');
      const confirm = page.locator('form[action$="/profile/phone/code"] button');
      const part = ["#phone-title", "#language"];
      await page.goto(wizard.address("/cabinet/profile"));
      await page.locator("#phone").fill("8 702 123");
      await send.click();
      await page.locator("#phone-error:visible").waitFor();
      assert.equal(await page.locator("#phone").inputValue(), "8 702 123", "what was typed is kept");
      await page.locator("#phone").fill("8 702 123 45 67");
      await send.click();
      await page.locator("#phone-code").waitFor();
      const [{ text }] = await demo.texts("phone_change_code", PHONE);
      const code = text.match(/\d{6}/)[0];
      await page.locator("#phone-code").fill(code === "000000" ? "111111" : "000000");
      await confirm.click();
      await page.locator("#phone-code-error:visible").waitFor();
      await look(page, language, "83-phone-code", { everywhere: true, part });
      await page.locator("#phone-code").fill(code);
      await confirm.click();
      await confirm.waitFor({ state: "detached" });
      // A thief could do that too: for a week the number of before hears of everything, and nothing replaces this one.
      assert.equal(await page.locator("#phone").count(), 0);
      await look(page, language, "84-phone-changed", { everywhere: true, part });
      const [mail] = await demo.mails("phone_changed", person.email);
      assert.match(mail.text, /\/not-me\//);
      assert.ok(!mail.text.includes("7021234567"), "the whole number is in no mail");
      const [told] = await demo.texts("phone_changed", PHONES.aigerim);
      assert.match(told.text, /\/not-me\//);
      await page.goto(wizard.address("/cabinet"));

      const elsewhere = await startBrowser({ locale: reader.locale });
      context.after(() => elsewhere.stop());
      const other = new Wizard({ demo, page: elsewhere.page, language, person: demo.person("daniyar") });
      await other.signIn();
      await other.page.goto(other.address("/cabinet/profile"));
      const remove = other.page.locator('form[action$="/profile/phone/remove"] button');
      await remove.click();
      await remove.waitFor({ state: "detached" });
      await demo.mails("phone_changed", other.person.email);
      await demo.texts("phone_changed", PHONES.daniyar);
    });

    test("language and reminders are remembered; a session elsewhere is ended by itself, then this one", async (context) => {
      const { page, person } = wizard;
      const elsewhere = await startBrowser({ locale: reader.locale });
      context.after(() => elsewhere.stop());
      const second = new Wizard({ demo, page: elsewhere.page, language, person });
      await second.signIn();

      await page.locator(".tanba-menu__summary").click();
      await page.locator('a[href*="/cabinet/profile"]').first().click();
      await page.locator("main[data-page=profile]").waitFor();
      const mine = await page.locator('form[data-logout][action*="/sessions/"]').count();
      const others = page.locator('form[data-swap][action*="/sessions/"]');
      assert.ok(mine >= 1 && (await others.count()) === 1, "this session and the one elsewhere");
      await others.locator("button").click();
      await page.waitForFunction(() => document.querySelectorAll('form[data-swap][action*="/sessions/"]').length === 0);
      await second.page.goto(second.address("/cabinet"));
      await second.page.locator("main[data-page=enter]").waitFor();

      const saveReminders = async () => {
        const saved = page.waitForResponse((answer) => answer.request().method() === "GET" && answer.url().includes("/cabinet/profile"));
        await page.locator('form[action$="/profile/reminders"] button').click();
        await saved;
        await page.locator("main:not([aria-busy])").waitFor();
      };
      assert.ok(await page.locator("#reminders").isChecked());
      await page.locator("#reminders").uncheck();
      await saveReminders();
      await page.reload();
      assert.equal(await page.locator("#reminders").isChecked(), false, "no more reminders");
      await page.locator("#reminders").check();
      await saveReminders();

      await page.locator("#language-choice").selectOption(reader.other);
      await page.locator('form[action$="/profile/language"] button').click();
      await page.locator(`main[data-lang="${reader.other}"][data-page=profile]`).waitFor();
      await page.goto(demo.url);
      assert.equal(new URL(page.url()).pathname, `/${reader.other}`, "whatever the browser prefers");
      await page.goto(`${demo.url}/${reader.other}/cabinet`);
      await page.locator(".tanba-menu__summary").click();
      await page.locator("#sign-out").click();
      await page.locator("main[data-page=front]").waitFor();
      await page.goto(wizard.address("/cabinet"));
      await page.locator("main[data-page=enter]").waitFor();
      // Mails are in the language that was chosen.
      const before = (await demo.mails("new_device", person.email)).length;
      const third = await startBrowser({ locale: reader.locale });
      context.after(() => third.stop());
      await new Wizard({ demo, page: third.page, language, person }).signIn();
      const told = await demo.mails("new_device", person.email, before + 1);
      assert.equal(told.at(-1).language, reader.other);
    });

    test("the link of a reminder stops reminders, without signing in and not by being looked at", async () => {
      const { page, person } = wizard;
      const [mail] = await demo.mails("reminder", person.email);
      const link = mail.text.match(/https?:\/\/\S+\/unsubscribe\/[\w.~%-]+/)[0].replace(/\.$/, "");
      await page.goto(link.replace(/\/(kk|ru|en)\/unsubscribe/, `/${language}/unsubscribe`));
      await look(page, language, "56-unsubscribe", everywhere);
      await page.reload();
      await page.locator("main form[action*=unsubscribe] button").click();
      await page.locator(".govuk-notification-banner").waitFor();
      await look(page, language, "57-unsubscribed", everywhere);
      const answer = await page.goto(wizard.address("/unsubscribe/unknown"));
      assert.equal(answer.status(), 404);
      assert.equal(await page.locator("main form[action*=unsubscribe]").count(), 0);
    });

    test("the adviser answers in her own words, and the article has our picture", async () => {
      const { page } = wizard;
      await page.goto(wizard.address("/guide"));
      await page.locator("#q").fill(reader.question);
      await page.locator('form[role="search"] button').first().click();
      await page.locator(".tanba-answers__item").first().waitFor();
      await look(page, language, "58-guide-answers", everywhere);
      await page.locator(".tanba-answers__title").first().click();
      await page.waitForURL(/\/guide\/lost-password$/);
      await page.locator("#q").fill("ъыъыъы");
      await page.locator('form[role="search"] button').first().click();
      await page.locator('a[href="tel:1414"]').first().waitFor();
      await page.goto(wizard.address("/guide/reissue"));
      const figure = page.locator(".tanba-figure__picture");
      await figure.scrollIntoViewIfNeeded();
      await page.waitForFunction(() => document.querySelector(".tanba-figure__picture").naturalWidth > 600, undefined, PATIENCE);
      await look(page, language, "59-guide-article", everywhere);
    });

    test("no request left the origin, no error was logged", () => {
      assert.deepEqual(foreign(run.requests, demo.url), []);
      assert.deepEqual(run.errors.filter((text) => !EXPECTED.test(text)), []);
    });
  });
}
