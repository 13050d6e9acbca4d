// The desk of a registration centre: an act for a person, two who have to agree, and what each role may open.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { foreign, startBrowser, startDemo } from "./harness.mjs";
import { look } from "./screen.mjs";
import { Seat } from "./seat.mjs";
import { Wizard, keyFiles, problem } from "./wizard.mjs";
import { standings } from "./witness.mjs";

const LANGUAGES = ["kk", "ru", "en"];
const PATIENCE = { timeout: 30_000 };

describe("the desk", () => {
  let demo;
  const seats = {};
  before(async () => {
    demo = await startDemo();
    for (const role of ["operator", "senior-operator", "auditor", "citizen"]) seats[role] = await startBrowser();
  });
  after(async () => {
    for (const seat of Object.values(seats)) await seat.stop();
    await demo?.stop();
  });

  const staff = (role) => demo.staff.find((one) => one.role === role);

  async function sitDown(role, language) {
    const seat = new Seat({ demo, page: seats[role].page, language, role });
    await seat.sitDown();
    return seat;
  }

  /** A field with a limit says what is left: at once to eyes, after a pause to ears, and never more than there is. */
  async function countsDown(page, id, limit) {
    const field = page.locator(`#${id}`);
    const room = page.locator(`#${id}-room`);
    const spoken = page.locator(`#${id}-room + [aria-live="polite"]`);
    assert.equal(await field.getAttribute("maxlength"), String(limit));
    assert.match(await field.getAttribute("aria-describedby"), new RegExp(`(^| )${id}-room$`));
    assert.match(await room.innerText(), new RegExp(`(^|\\D)${limit}(\\D|$)`));
    assert.equal(await spoken.innerText(), "", "nobody is told before she types");
    await field.fill("ә".repeat(20));
    const left = await room.innerText();
    assert.match(left, new RegExp(`(^|\\D)${limit - 20}(\\D|$)`));
    await page.waitForFunction(([id, words]) => document.querySelector(`#${id}-room + [aria-live]`)?.textContent === words, [id, left]);
    await field.fill("ә".repeat(limit - 1));
    await field.press("End");
    await field.pressSequentially("әә");
    assert.equal((await field.inputValue()).length, limit);
    assert.notEqual(await room.innerText(), left);
    await field.fill("");
    assert.match(await room.innerText(), new RegExp(`(^|\\D)${limit}(\\D|$)`));
  }

  /** The second one agrees to the act that waits. */
  async function agree(language, act) {
    const second = await sitDown("senior-operator", language);
    const senior = second.page;
    await senior.goto(`${demo.url}/${language}/desk/pending`);
    await senior.locator("#pending a").first().click();
    await senior.locator("#confirm-act").click();
    await senior.locator("#signing:not([hidden])").waitFor(PATIENCE);
    await senior.locator("#signing-files").setInputFiles(await keyFiles(staff("senior-operator").files));
    await senior.locator("#signing-password").fill(staff("senior-operator").password);
    await second.sign(`done=done&act=${act}`);
  }

  test("a message that nobody took is seen, sent again and laid to rest", async () => {
    // In the demo mail to such a domain comes back.
    const { page } = seats.citizen;
    const wizard = new Wizard({ demo, page, language: "ru", person: demo.person("daniyar") });
    await wizard.signIn();
    await page.goto(wizard.address("/cabinet/profile"));
    await page.locator("#email").fill("daniyar@nowhere.invalid");
    await page.locator('form[action$="/profile/email"] button').click();
    await page.locator("#code").waitFor();

    const { page: senior } = await sitDown("senior-operator", "kk");
    for (const language of LANGUAGES) {
      const letter = senior.locator("#messages > li").first();
      for (let turn = 0; turn < 20; turn += 1) {
        await senior.goto(`${demo.url}/${language}/desk/messages`);
        if ((await letter.count()) > 0) break;
        await senior.waitForTimeout(500);
      }
      const words = await letter.innerText();
      assert.ok(!words.includes("daniyar@nowhere.invalid"), "the whole address is nobody's business");
      await look(senior, language, "70-desk-messages", { everywhere: true });
      if (language === "en") {
        await letter.locator("summary").click();
        await letter.locator('input[name="why"]').fill("the domain is no more");
        await letter.locator("details button").click();
      } else await letter.locator("form button").first().click();
      await senior.waitForURL(/done=/);
      await senior.locator("#desk-done").waitFor();
    }
    assert.equal(await senior.locator("#messages > li").count(), 0);
    const done = senior.url();
    for (const language of LANGUAGES) {
      await senior.goto(done.replace("/en/", `/${language}/`));
      await look(senior, language, "71-desk-messages-none", { everywhere: language === "en" });
    }
  });

  for (const [place, language] of LANGUAGES.entries()) {
    test(`one freezes, two release (${language})`, async () => {
      const person = demo.people[place];
      const seat = await sitDown("operator", language);
      const operator = seat.page;
      await look(operator, language, "60-desk-queue", { everywhere: true });
      await operator.locator("#what").fill("123");
      await operator.locator(".tanba-search button").first().click();
      assert.ok((await problem(operator)).text.length > 20);
      await seat.find(person.iin, "persons");
      await look(operator, language, "61-desk-person", { everywhere: true });
      await operator.locator("#act-freeze summary").click();
      await countsDown(operator, "freeze-remark", 500);
      await operator.locator("#freeze-reason").selectOption("key-lost");
      await operator.locator("#freeze-go").click();
      await operator.locator("#signing:not([hidden])").waitFor(PATIENCE);
      await look(operator, language, "62-desk-sign");
      await seat.sign("done=done&act=freeze");
      await operator.locator("#act-release summary").click();
      await operator.locator("#release-go").click();
      assert.deepEqual((await problem(operator)).codes, ["desk-reason-missing"], "no reason is chosen beforehand");
      await operator.locator("#release-reason").selectOption("alarm-over");
      await operator.locator("#release-go").click();
      await seat.sign("done=waits&act=release");
      // The first one may only take it back.
      await operator.goto(`${demo.url}/${language}/desk/pending`);
      await look(operator, language, "63-desk-pending", { everywhere: true });
      await operator.locator("#pending a").first().click();
      await operator.locator("#second-needed").waitFor();
      assert.equal(await operator.locator("#confirm-act").count(), 0);

      const second = await sitDown("senior-operator", language);
      const senior = second.page;
      await senior.goto(`${demo.url}/${language}/desk/pending`);
      await senior.locator("#pending a").first().click();
      await senior.locator("#confirm-act").waitFor();
      await look(senior, language, "64-desk-second", { everywhere: true });
      await senior.locator("#confirm-act").click();
      // After a page was opened anew the key is asked for once more.
      await senior.locator("#signing:not([hidden])").waitFor(PATIENCE);
      await senior.locator("#signing-files").setInputFiles(await keyFiles(staff("senior-operator").files));
      await senior.locator("#signing-password").fill(staff("senior-operator").password);
      await second.sign("done=done&act=release");
    });
  }

  for (const [place, language] of LANGUAGES.entries()) {
    test(`an address is changed by two, and both are told of it (${language})`, async () => {
      const person = demo.people[place];
      const told = async (address) => (await demo.mailbox()).filter(({ kind, to }) => kind === "address_changed" && to === address);
      const seat = await sitDown("operator", language);
      const operator = seat.page;
      await seat.find(person.iin, "persons");
      await operator.locator("#act-email summary").click();
      await look(operator, language, "89-desk-address", { everywhere: true, part: ["#act-email"] });
      await operator.locator("#new-email").fill("bad@");
      await operator.locator("#email-reason").selectOption("own-wish");
      await operator.locator("#email-go").click();
      assert.deepEqual((await problem(operator)).codes, ["address-invalid"]);
      assert.ok((await operator.locator("#new-email-error").innerText()).includes("aigerim@example.kz"), "told at its field");
      await operator.locator("#new-email").fill(`desk-${language}@example.kz`);
      await operator.locator("#email-go").click();
      await seat.sign("done=waits&act=email");
      assert.deepEqual(await told(`desk-${language}@example.kz`), [], "one alone changes nothing");

      await agree(language, "email");
      const [mail] = await demo.mails("address_changed", person.email);
      assert.match(mail.text, /\/not-me\//);
    });
  }

  test("nobody acts for herself, and readers only read", async () => {
    const seat = await sitDown("operator", "en");
    const operator = seat.page;
    await seat.find(staff("operator").iin, "persons");
    assert.equal(await operator.locator("#desk-forms").count(), 0);
    assert.equal((await operator.goto(`${demo.url}/en/desk/audit`)).status(), 403);
    // She reads what nobody took of her own centre, and decides about none of it.
    assert.equal((await operator.goto(`${demo.url}/en/desk/messages`)).status(), 200);
    assert.equal(await operator.locator('form[action$="/desk/messages"]').count(), 0);
    const reader = await sitDown("auditor", "ru");
    const auditor = reader.page;
    for (const language of LANGUAGES) {
      await auditor.goto(`${demo.url}/${language}/desk/audit`);
      await auditor.locator("#action").fill("desk.");
      await auditor.locator("#object").fill(demo.people[0].iin);
      await auditor.locator(".tanba-filter button").click();
      await auditor.waitForURL(/action=desk\.&object=person(%3A|:)\d+$/);
      await auditor.locator("#events tbody tr").first().waitFor();
      const actions = await auditor.locator("#events tbody td:nth-child(3) code").allInnerTexts();
      assert.ok(actions.length > 0 && actions.every((action) => action.startsWith("desk.")), actions.join(" "));
      await look(auditor, language, "65-desk-audit", { everywhere: true });
    }
    assert.equal((await auditor.goto(`${demo.url}/ru/desk/admin`)).status(), 200);
    await auditor.goto(`${demo.url}/ru/desk`);
    await reader.find(demo.people[0].iin, "persons");
    assert.equal(await auditor.locator("#desk-forms").count(), 0);
  });

  test("a personal key does not open the desk, and a key of staff not the cabinet", async () => {
    const { page } = seats.operator;
    const person = demo.people[1];
    await page.goto(`${demo.url}/en/desk/enter`);
    await page.locator("#file-input").setInputFiles(await keyFiles(person.files));
    await page.locator("#password").fill(person.password);
    await page.locator("#refresh-keys").click();
    await page.locator("#key-cards .tanba-key-card").first().waitFor(PATIENCE);
    await page.locator("#sign-in").click();
    assert.deepEqual((await problem(page)).codes, ["citizen-key"]);
    await page.locator("#error-summary a[href='/en/enter']").click();
    await page.waitForURL(`${demo.url}/en/enter`);
    await page.locator("#enter-form:not([data-desk])").waitFor(PATIENCE);
    await page.locator("#file-input").setInputFiles(await keyFiles(staff("operator").files));
    await page.locator("#password").fill(staff("operator").password);
    await page.locator("#refresh-keys").click();
    await page.locator("#key-cards .tanba-key-card").first().waitFor(PATIENCE);
    await page.locator("#sign-in").click();
    assert.deepEqual((await problem(page)).codes, ["staff-key"]);
    await page.locator("#error-summary a[href='/en/desk/enter']").click();
    await page.waitForURL(`${demo.url}/en/desk/enter`);
    await page.locator("#enter-form[data-desk]").waitFor(PATIENCE);
  });

  for (const [place, language] of LANGUAGES.entries()) {
    test(`a wrong correction is taken back, a right one takes two, and a key is revoked on paper (${language})`, async () => {
      // Two have keys that count; the first one has another left when the third asks.
      const person = demo.people[place % 2];
      const right = `ЖАҢАЕВА${"-БАСҚАЕВА".repeat(place)}`;
      const seat = await sitDown("operator", language);
      const { page } = seat;
      await seat.find(person.iin, "persons");
      const names = () => page.locator("main h1").innerText();
      const before = await names();
      const propose = async (surname) => {
        await page.locator("#act-names summary").click();
        await page.locator("#new-surname").fill(surname);
        await page.locator("#names-reason").selectOption("data-changed");
        await page.locator("#names-go").click();
        await seat.sign("done=waits&act=names");
      };
      await propose("ҚАТЕЕВА");
      // Within one document her key stays open.
      await page.locator(`a[href="/${language}/desk/pending"]`).first().click();
      await page.locator("#pending a").first().click();
      await page.locator("#withdraw-act").waitFor(PATIENCE);
      assert.ok((await page.locator("main").innerText()).includes("ҚАТЕЕВА"), "what is asked for can be read");
      await page.locator("#withdraw-act").click();
      await seat.sign("done=withdrawn&act=names");
      assert.equal(await names(), before, "taken back, it changes nothing");

      await propose(right);
      assert.equal(await names(), before, "one alone changes nothing");
      await agree(language, "names");
      await page.locator(`a[href="/${language}/desk"]`).first().click();
      await seat.find(person.iin, "persons");
      assert.ok((await names()).includes(right), await names());

      await page.locator("#act-revoke summary").click();
      await page.locator("#revoke-go").click();
      assert.deepEqual((await problem(page)).codes, ["desk-nothing-chosen"]);
      const box = page.locator('#act-revoke input[name="serials"]').first();
      const serial = await box.inputValue();
      assert.equal((await standings(demo, person)).get(serial), "good");
      await box.check();
      await page.locator("#revoke-reason").selectOption("key-lost");
      await page.locator("#revoke-go").click();
      await seat.sign("done=done&act=revoke");
      assert.equal((await standings(demo, person)).get(serial), "revoked: keyCompromise", "on the next answer");
      assert.equal(await page.locator(`#act-revoke input[value="${serial}"]`).count(), 0);
    });
  }

  test("nothing was asked of anybody else", () => {
    for (const { requests, errors } of Object.values(seats)) {
      assert.deepEqual(foreign(requests, demo.url), []);
      assert.deepEqual(errors.filter((error) => !/ 4\d\d /.test(error)), []);
    }
  });
});
