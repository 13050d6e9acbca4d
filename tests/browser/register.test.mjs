// The register of people does not answer: applications are kept, and go on, end or are withdrawn, told in three languages.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import path from "node:path";
import { test } from "node:test";
import { apply } from "./applicant.mjs";
import { foreign, run, startBrowser, startDemo, violations } from "./harness.mjs";
import { look } from "./screen.mjs";

const LANGUAGES = ["kk", "ru", "en"];
const PATIENCE = { timeout: 30_000 };
/** How the state is called. */
const EXPIRED = { kk: "мерзімі өтті", ru: "истёк", en: "expired" };
/** Longer than the first pause after which the register is asked again, and than that between two looks for what is over. */
const AGAIN = 900;

/** What was sent was sent thirty days ago, as far as the database knows. */
const LONG_AGO = `
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=10, isolation_level=None)
database.execute("DROP TRIGGER first_application_is_not_edited")
database.execute("UPDATE first_application SET appear_by = 1")
database.execute("UPDATE application SET state_at = 1 WHERE state = 'SUBMITTED'")
`;

/** A register that is away until it is told what to answer. */
async function startRegister() {
  const register = { answer: undefined };
  const server = createServer((request, response) => {
    const iin = request.url.match(/\d{12}$/)?.[0];
    if (register.answer === undefined) {
      response.writeHead(503).end();
      return;
    }
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ persons: register.answer(iin) }));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  register.url = `http://127.0.0.1:${server.address().port}/persons/{iin}`;
  register.stop = () => new Promise((resolve) => server.close(resolve));
  return register;
}

test("while the register is away an application is kept; her name is confirmed by nobody else; who does not come is told, and applies again", async (context) => {
  const register = await startRegister();
  const demo = await startDemo(["--register", register.url]);
  context.after(async () => {
    await demo.stop();
    await register.stop();
  });
  const [first, second, third] = await Promise.all([startBrowser(), startBrowser(), startBrowser()]);
  context.after(() => Promise.all([first.stop(), second.stop(), third.stop()]));

  /** The status of an application, by its number and the IIN, as anybody may ask. */
  async function status({ page }, language, number, iin, end) {
    await page.goto(`${demo.url}/${language}/status?number=${number}`);
    await page.locator("#iin").fill(iin);
    await page.locator("#status-form button").click();
    await page.locator(`${end}[data-number="${number}"]`).waitFor(PATIENCE);
  }

  const [person, other] = [demo.person("aigerim"), demo.person("daniyar")];
  const [kept, lasting] = await Promise.all([
    apply({ demo, page: first.page, language: "kk", person, address: "kept@example.kz", state: "DRAFT" }),
    apply({ demo, page: second.page, language: "ru", person: other, address: "lasting@example.kz", state: "DRAFT" }),
  ]);
  const told = await demo.mails("first_kept", "kept@example.kz");
  assert.equal(told.length, 1);
  for (const language of LANGUAGES) {
    await status(first, language, kept, person.iin, '#kept[data-state="DRAFT"]');
    await look(first.page, language, "86-status-kept", { everywhere: true });
  }

  // Withdrawn while nobody could tell who she is.
  await first.page.goto(`${demo.url}/kk/obtain/application`);
  await first.page.locator("#cancel-sure").check();
  await first.page.locator("#cancel-form button").click();
  await first.page.locator('#application[data-state="CANCELLED"]').waitFor(PATIENCE);
  for (const language of LANGUAGES) {
    await status(first, language, kept, person.iin, '#kept[data-state="CANCELLED"]');
    await look(first.page, language, "87-status-withdrawn", { everywhere: true });
  }

  // The register is there again, and knows somebody else under that number.
  register.answer = (iin) => [{ iin, surname: "БӨГДЕ", given_name: "АДАМ", patronymic: null, deceased: false }];
  await demo.mails("first_not_confirmed", "lasting@example.kz", 1, AGAIN);
  for (const language of LANGUAGES) {
    await status(second, language, lasting, other.iin, '#kept[data-state="REJECTED"]');
    await look(second.page, language, "88-status-not-confirmed", { everywhere: true });
  }
  assert.equal((await demo.mailbox()).filter(({ kind }) => kind === "first_submitted").length, 0, "the register's word is asked for");

  // It knows her again; she applies, and comes to no centre within her thirty days.
  const [surname, given_name, ...rest] = person.name.split(" ");
  register.answer = (iin) => [{ iin, surname, given_name, patronymic: rest.join(" ") || null, deceased: false }];
  const late = await apply({ demo, page: third.page, language: "kk", person, address: "late@example.kz" });
  await run("python3", ["-c", LONG_AGO, path.join(demo.folder, "demo", "tanba.sqlite")]);
  const [letter] = await demo.mails("first_expired", "late@example.kz", 1, AGAIN);
  assert.ok(letter.subject.replaceAll(/(?<=\d) (?=\d)/g, "").includes(late), letter.subject);
  for (const language of LANGUAGES) {
    await status(third, language, late, person.iin, '#application[data-state="EXPIRED"]');
    assert.ok((await third.page.locator("main").innerText()).includes(EXPIRED[language]));
    assert.deepEqual(await violations(third.page), []);
  }
  await third.page.goto(`${demo.url}/kk/obtain/application`);
  await third.page.locator('#application[data-state="EXPIRED"]').waitFor(PATIENCE);
  await third.page.locator('form[action$="/obtain/again"] button').click();
  await third.page.locator("#first-form").waitFor(PATIENCE);

  for (const { requests, errors } of [first, second, third]) {
    assert.deepEqual(foreign(requests, demo.url), []);
    assert.deepEqual(errors.filter((error) => !/ 4\d\d /.test(error)), []);
  }
});
