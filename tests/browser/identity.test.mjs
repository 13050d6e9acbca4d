// Somebody renews whom the register calls dead, or by another name, since she opened the page: nothing is issued, she reads
// why, that her keys are safe and where to go, and what she had begun goes on once the register is mended.
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { foreign, program, run, startBrowser, startDemo } from "./harness.mjs";
import { look } from "./screen.mjs";
import { Wizard, problem } from "./wizard.mjs";

const NEXT = {
  "person-died": { kk: "кілттер бұрынғы күйінде қалды", ru: "ключи остались как были", en: "the keys stay as they were" },
  "data-changed": { kk: "кілттеріңіз қауіпсіз", ru: "ваши ключи в безопасности", en: "your keys are safe" },
};
const CENTRE = { kk: "тіркеу орталығы", ru: "регистрации", en: "registration centre" };
/** What the timeline gives as the reason, and the letter too. */
const REASON = {
  "person-died": { kk: "қайтыс болған", ru: "умер", en: "has died" },
  "data-changed": { kk: "өзгеше", ru: "отличаются", en: "other data" },
};

for (const [language, locale, name] of [["kk", "kk-KZ", "aigerim"], ["ru", "ru-RU", "daniyar"], ["en", "en-GB", "aigerim"]]) {
  test(`${language}: the register says that she died, or is named otherwise, before the form and between signature and code`, async (context) => {
    const demo = await startDemo();
    context.after(() => demo.stop());
    const browser = await startBrowser({ locale });
    context.after(() => browser.stop());
    const { page } = browser;
    const person = demo.person(name);
    const wizard = new Wizard({ demo, page, language, person });
    const [surname, given, patronymic] = person.name.split(" ");

    /** What an administrator enters beside the running server. */
    async function record({ called = surname, deceased = "no" } = {}) {
      const list = path.join(demo.folder, "register.csv");
      await writeFile(list, `iin,surname,given_name,patronymic,deceased\n${person.iin},${called},${given},${patronymic},${deceased}\n`);
      await run(program, ["person", "--config", demo.config, "import", "--update", list]);
    }

    /** The page says what happened, that the keys are safe, and where to go. */
    async function told(code) {
      const { codes, text } = await problem(page);
      // A form that the server examines brings the sentence alone.
      assert.deepEqual(codes.filter(Boolean), codes[0] ? [code] : [], text);
      for (const part of [NEXT[code][language], CENTRE[language]]) {
        assert.ok(text.toLowerCase().includes(part), `${part} is not in ${text}`);
      }
    }

    /** From the form to the code, the register changes, the code is typed: refused, and the application and a letter say why. */
    async function refusedAtTheCode(code, change) {
      await wizard.fillForm();
      await wizard.apply();
      await wizard.fillConfirmation();
      await wizard.makeKeys();
      await wizard.signDocument();
      const typed = await demo.code(wizard.number);
      await record(change);
      await wizard.typeCode(typed);
      // Where it stands is shown at once, with the reason.
      await page.locator('#application[data-state="REJECTED"]').waitFor();
      await told(code);
      assert.ok((await page.locator("#application").innerText()).includes(REASON[code][language]));
    }

    const everywhere = { everywhere: true };
    const died = { deceased: "yes" };
    const renamed = { called: "ӘБІШЕВА" };
    await wizard.signIn();
    await wizard.openForm();
    await wizard.fillForm();
    await record(died);
    await page.locator("#apply").click();
    await told("person-died");
    await look(page, language, "90-reissue-died", everywhere);
    await record(renamed);
    await page.locator("#apply").click();
    await page.locator(`main a[href="/${language}/obtain"]`).waitFor();
    await told("data-changed");
    assert.equal(await page.locator("#settlement").inputValue(), "almaty", "nothing that was chosen is lost");
    await record();

    await refusedAtTheCode("person-died", died);
    await record();
    await demo.mails("not_issued", person.email, 1);

    await wizard.signIn();
    await wizard.openForm();
    await refusedAtTheCode("data-changed", renamed);
    await look(page, language, "91-code-renamed", everywhere);
    const letters = await demo.mails("not_issued", person.email, 2);
    assert.ok(Object.values(REASON["data-changed"]).some((words) => letters.at(-1).text.includes(words)), letters.at(-1).text);
    assert.equal((await demo.mailbox()).filter(({ kind }) => kind === "certificates_issued").length, 0, "nothing was issued");

    assert.deepEqual(foreign(browser.requests, demo.url), []);
    assert.deepEqual(browser.errors.filter((error) => !/ 4\d\d /.test(error)), []);
  });
}
