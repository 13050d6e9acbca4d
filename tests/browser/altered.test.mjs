// An application that was changed in the database behind the program: the desk says so in three languages, and approves nothing.
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { apply } from "./applicant.mjs";
import { foreign, run, startBrowser, startDemo } from "./harness.mjs";
import { look } from "./screen.mjs";
import { Seat } from "./seat.mjs";
import { keyFiles, problem } from "./wizard.mjs";

const LANGUAGES = ["kk", "ru", "en"];
/** What begins the warning. */
const DIFFERS = {
  kk: "Өтінімнің жазбасы қол қойылған құжатпен сәйкес келмейді",
  ru: "Запись о заявке не совпадает с подписанным документом",
  en: "What is recorded of the application is not what was signed",
};

/** Somebody who can write the database has her codes and letters sent to himself. */
const THIEF = `
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=10, isolation_level=None)
database.execute("DROP TRIGGER first_application_is_not_edited")
database.execute("DROP TRIGGER first_application_is_what_was_signed")
database.execute("UPDATE first_application SET email = ? WHERE email = ?", sys.argv[2:])
`;

test("an application whose record is not what was signed is told of at the desk, and is not approved", async (context) => {
  const demo = await startDemo();
  context.after(() => demo.stop());
  const [home, counter] = await Promise.all([startBrowser(), startBrowser()]);
  context.after(() => Promise.all([home.stop(), counter.stop()]));
  const [signed, written] = ["hers@example.kz", "thief@example.kz"];
  const seat = new Seat({ demo, page: counter.page, language: "kk", role: "operator" });
  const person = demo.person("aigerim");
  const [number] = await Promise.all([apply({ demo, page: home.page, language: "kk", person, address: signed }), seat.sitDown()]);
  const { page } = counter;
  const open = (language) => page.goto(`${demo.url}/${language}/desk/applications/${number}`);
  const warning = page.locator(".govuk-warning-text");

  await open("kk");
  assert.ok(!(await page.locator("main").innerText()).includes(DIFFERS.kk), "as long as it is what was signed");
  const database = path.join(demo.folder, "demo", "tanba.sqlite");
  await run("python3", ["-c", THIEF, database, written, signed]);
  // The page that was opened before still asks, and is told what the record is by now.
  await page.locator("#approve").click();
  assert.deepEqual((await problem(page)).codes, ["record-differs"]);
  for (const language of LANGUAGES) {
    await open(language);
    const [only, ...others] = await warning.allInnerTexts();
    assert.ok(only.includes(DIFFERS[language]) && others.length === 0, "nothing else is warned of");
    assert.equal(await page.locator("#approve").count(), 0, "there is nothing to approve");
    assert.equal(await page.locator("#reject").count(), 1);
    await look(page, language, undefined, { everywhere: true });
  }

  // Put right, it goes on.
  await run("python3", ["-c", THIEF.replaceAll("DROP TRIGGER", "DROP TRIGGER IF EXISTS"), database, signed, written]);
  await open("kk");
  await page.locator("#approve").click();
  // The page was opened anew, so her key is not open any more.
  await page.locator("#signing:not([hidden])").waitFor({ timeout: 30_000 });
  await page.locator("#signing-files").setInputFiles(await keyFiles(seat.member.files));
  await page.locator("#signing-password").fill(seat.member.password);
  await seat.sign("done=issued");
  assert.equal((await demo.mails("first_issued", signed)).length, 1);
  for (const { requests, errors } of [home, counter]) {
    assert.deepEqual(foreign(requests, demo.url), []);
    assert.deepEqual(errors.filter((error) => !/ 4\d\d /.test(error)), []);
  }
});
