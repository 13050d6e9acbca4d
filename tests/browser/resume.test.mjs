// Interruptions: whatever happens between application and installation, nothing is lost and nothing is issued twice.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { pause, startBrowser, startDemo, violations } from "./harness.mjs";
import { checkSaved, finishAndKeepOld, idle, idleAtWill, numbersOf, signWithFiles } from "./interruption.mjs";
import { NEW_PASSWORD, Wizard, fillFolder, keyFiles, problem, readFolder, removeFromFolder, standInFolder } from "./wizard.mjs";

const PATIENCE = { timeout: 30_000 };

describe("interruptions", { concurrency: 2 }, () => {
  let demo;
  before(async () => {
    demo = await startDemo();
  });
  after(() => demo?.stop());

  /** The mail may be asked for again after a minute: a person of her own, while the others go on. */
  test("a lost mail: the code is sent again after a minute, and the last one counts", async (context) => {
    const run = await startBrowser({ locale: "ru-RU" });
    context.after(() => run.stop());
    const { page } = run;
    const wizard = new Wizard({ demo, page, language: "ru", person: demo.person("daniyar") });
    await wizard.signIn();
    await wizard.openForm();
    await wizard.fillForm();
    await wizard.apply();
    await wizard.fillConfirmation();
    await wizard.makeKeys();
    await wizard.signDocument();
    const first = await demo.code(wizard.number);
    await page.locator("#code-resend").click();
    const early = await problem(page);
    assert.deepEqual(early.codes.map((code) => /server-error|session/.test(code)), [false], early.text);
    await pause(61_000);
    await page.locator("#code-resend").click();
    await page.locator("#code-status:not(:empty)").waitFor(PATIENCE);
    const second = await demo.code(wizard.number, 2);
    if (first !== second) {
      await wizard.typeCode(first);
      assert.deepEqual((await problem(page)).codes, ["wrong-code"]);
    }
    await wizard.typeCode(second);
    await wizard.issued();
    assert.equal((await demo.mails("certificates_issued", wizard.person.email)).length, 1);
  });

  test("one person after another interruption", async (context) => {
    const person = demo.person("aigerim");
    /** A browser of hers for one step, at whose end it closes. */
    const opened = async (step, options) => {
      const run = await startBrowser(options);
      step.after(() => run.stop());
      await standInFolder(run.browser);
      const { page } = run;
      return { run, page, wizard: new Wizard({ demo, page, language: "kk", person }) };
    };

    await context.test("the page is reloaded before installation: the new password is asked again", async (step) => {
      const { page, wizard } = await opened(step);
      await wizard.signIn();
      await wizard.renew();
      await page.reload();
      await page.locator("#install-password").waitFor(PATIENCE);
      assert.notEqual((await page.locator("#install-pending").innerText()).trim(), "");
      await page.locator("#install-folder").click();
      await page.locator("#install-start").click();
      assert.deepEqual((await problem(page)).codes, ["password-missing"]);
      await page.locator("#install-password").fill("Not-The-New1");
      await page.locator("#install-start").click();
      assert.deepEqual((await problem(page)).codes, ["install-wrong-password"]);
      assert.equal((await readFolder(page)).size, 0, "nothing is written before the password is right");
      await page.locator("#install-password").fill(NEW_PASSWORD);
      await wizard.install();
      assert.equal((await readFolder(page)).size, 2);
      await finishAndKeepOld(wizard);
    });

    await context.test("the page is reloaded after the files were written: only the end is left", async (step) => {
      const { page, wizard } = await opened(step, { viewport: { width: 360, height: 740 } });
      await wizard.signIn();
      await wizard.renew();
      await page.locator("#install-folder").click();
      await wizard.install();
      const written = await readFolder(page);
      await page.reload();
      await page.locator("#saved-section").waitFor(PATIENCE);
      assert.ok(await page.locator("#install-section").isHidden(), "nothing begins anew");
      assert.deepEqual(await page.locator("#saved-list li").evaluateAll((items) => items.map(({ dataset }) => dataset.file).sort()), [...written.keys()].sort());
      assert.deepEqual(await violations(page), []);
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "it fits a small screen");
      await page.locator("#saved-check").click();
      assert.deepEqual((await problem(page)).codes, ["password-missing"]);
      await page.locator("#saved-password").fill("Not-The-New1");
      await page.locator("#saved-check").click();
      assert.deepEqual((await problem(page)).codes, ["saved-wrong-password"]);
      // Another language in between knows it as well.
      await page.locator('a[hreflang="en"]').click();
      await page.locator('main[data-lang="en"] #saved-section').waitFor(PATIENCE);
      await page.locator('a[hreflang="kk"]').click();
      await page.locator('main[data-lang="kk"] #saved-section').waitFor(PATIENCE);
      // The file of one of the keys is taken away: it is said, and she may show where the files are.
      const [name] = [...written.keys()];
      await removeFromFolder(page, name);
      await page.locator("#saved-password").fill(NEW_PASSWORD);
      await page.locator("#saved-check").click();
      assert.deepEqual((await problem(page)).codes, ["saved-not-there"]);
      await page.locator("#saved-choose").waitFor();
      await fillFolder(page, [{ name, buffer: written.get(name) }]);
      await checkSaved(wizard, NEW_PASSWORD);
      assert.deepEqual(await readFolder(page), written, "nothing was written again");
      await finishAndKeepOld(wizard);
    });

    await context.test("the page is reloaded after the files were downloaded: they are opened, and no others", async (step) => {
      const { page, wizard } = await opened(step);
      await wizard.signIn();
      await wizard.renew();
      const files = await wizard.installByDownloads();
      const chosen = [...files].map(([name, buffer]) => ({ name, mimeType: "application/x-pkcs12", buffer }));
      await page.reload();
      await page.locator("#saved-section").waitFor(PATIENCE);
      await page.locator("#saved-password").fill(NEW_PASSWORD);
      await page.locator("#saved-check").click();
      assert.deepEqual((await problem(page)).codes, ["saved-none-chosen"]);
      // The old keys open with their own password, and are not those of the application.
      await page.locator("#saved-files").setInputFiles(await keyFiles(person.files));
      await page.locator("#saved-password").fill(person.password);
      await page.locator("#saved-check").click();
      assert.deepEqual((await problem(page)).codes, ["saved-others"]);
      await page.locator("#saved-files").setInputFiles(chosen.slice(0, 1));
      await page.locator("#saved-password").fill(NEW_PASSWORD);
      await page.locator("#saved-check").click();
      assert.deepEqual((await problem(page)).codes, ["saved-others"]);
      await page.locator("#saved-files").setInputFiles(chosen);
      await page.locator("#saved-password").press("Enter");
      await page.locator("#finish").waitFor(PATIENCE);
      await finishAndKeepOld(wizard);
    });

    await context.test("files that were saved twice, and a browser that knows nothing of them", async (step) => {
      const { page, wizard } = await opened(step);
      await wizard.signIn();
      await wizard.renew();
      await page.locator("#install-folder").click();
      await wizard.install();
      const written = await readFolder(page);
      await page.reload();
      // She would rather have them once more: the keys are still there.
      await page.locator("#saved-again").click();
      await page.locator("#install-password").fill(NEW_PASSWORD);
      const files = await wizard.installByDownloads();
      assert.deepEqual([...files.keys()].sort(), [...written.keys()].sort());
      const { number } = wizard;
      const { page: other, wizard: elsewhere } = await opened(step);
      elsewhere.number = number;
      await elsewhere.signIn();
      await other.goto(elsewhere.address(`/cabinet/applications/${number}`));
      await other.locator("#saved-lead-elsewhere").waitFor(PATIENCE);
      // Nothing that could only fail is offered, but the way for whoever has lost the other device.
      assert.ok(await other.locator("#install-steps").isHidden());
      assert.equal(await other.locator("#install-lost a").getAttribute("href"), "/kk/cabinet/revoke");
      assert.ok(await other.locator("#install-lost").isVisible());
      assert.ok(await other.locator("#saved-again").isHidden(), "there is nothing to save");
      const chosen = [...files].map(([name, buffer]) => ({ name, mimeType: "application/x-pkcs12", buffer }));
      await other.locator("#saved-files").setInputFiles(chosen);
      await checkSaved(elsewhere, NEW_PASSWORD);
      await finishAndKeepOld(elsewhere);
    });

    await context.test("the tab is closed before installation: the status page leads back", async (step) => {
      const { run, page: closed, wizard } = await opened(step);
      await wizard.signIn();
      await wizard.renew("Ekinshi-Zhol2");
      // Another tab stays: with its last window the browser ends its sessions.
      await run.browser.newPage();
      await closed.close();
      const page = await run.browser.newPage();
      wizard.page = page;
      await page.goto(wizard.address("/status"));
      await page.locator("#number").fill(wizard.number.replace(/(\d{4})(?=\d)/g, "$1 "));
      await page.locator("#status-form button").click();
      await page.locator("#install-password").waitFor(PATIENCE);
      await page.locator("#install-folder").click();
      await page.locator("#install-password").fill("Ekinshi-Zhol2");
      await page.locator("#install-password").press("Enter");
      await page.locator("#finish").waitFor(PATIENCE);
      await finishAndKeepOld(wizard);
    });

    await context.test("the browser is killed before installation: the same keys are installed after signing in", async (step) => {
      const { run, wizard } = await opened(step);
      await wizard.signIn();
      await wizard.renew();
      await run.kill();
      const { page, wizard: later } = await opened(step, { profile: run.profile });
      await page.goto(later.address(`/cabinet/applications/${wizard.number}`));
      await page.locator("#enter-form").waitFor(PATIENCE);
      await later.chooseFiles();
      await later.openKeys();
      await page.locator("#sign-in").click();
      await page.locator("#install-password").waitFor(PATIENCE);
      assert.match(page.url(), new RegExp(wizard.number), "signing in leads to where she wanted to go");
      await page.locator("#install-folder").click();
      await page.locator("#install-password").fill(NEW_PASSWORD);
      await later.install();
      await finishAndKeepOld(later);
    });

    await context.test("two tabs, back and double clicks: one application, one pair of certificates", async (step) => {
      const { run, page, wizard } = await opened(step);
      const before = (await demo.mailbox()).filter(({ kind, to }) => kind === "certificates_issued" && to === person.email).length;
      await wizard.signIn();
      const known = await numbersOf(wizard);
      await page.goto(wizard.address("/cabinet/reissue"));
      await wizard.fillForm();
      await page.locator("#apply").dblclick();
      await page.locator("#confirm-form").waitFor(PATIENCE);
      wizard.number = await page.locator("#confirm-form").getAttribute("data-number");

      await page.goBack();
      await page.locator("#reissue-form").waitFor(PATIENCE);
      await wizard.fillForm();
      const { number } = wizard;
      await wizard.apply();
      assert.equal(wizard.number, number, "back and again: the same application");

      const second = new Wizard({ demo, page: await run.browser.newPage(), language: "ru", person });
      await second.page.goto(second.address("/cabinet/reissue"));
      await second.fillForm();
      await second.apply();
      assert.equal(second.number, number, "a second tab: the same application");

      await wizard.fillConfirmation();
      await wizard.makeKeys();
      await second.fillConfirmation("Basqa-Qupia9");
      await second.page.locator("#confirm").dblclick();
      await second.page.locator("#sign").waitFor(PATIENCE);
      // The first tab's document is not the one that the server waits for any more.
      await page.locator("#signing-files").setInputFiles(await keyFiles(person.files));
      await page.locator("#signing-password").fill(person.password);
      await page.locator("#sign").click();
      const refused = await problem(page);
      assert.ok(refused.text.length > 20, refused.text);
      assert.doesNotMatch(refused.codes.join(" "), /server-error/);
      await signWithFiles(second);
      await second.page.locator("#code").fill(await demo.code(number));
      await second.page.locator("#code-submit").dblclick();
      await second.issued();
      const issued = await demo.mails("certificates_issued", person.email, before + 1);
      assert.equal(issued.length, before + 1, "issued once");

      await second.page.goBack();
      await second.issued();
      // The other tab looks at the same application: its keys are another pair, the kept ones are found.
      await page.goto(wizard.address(`/cabinet/applications/${number}`));
      await page.locator("#install-password").waitFor(PATIENCE);
      await page.locator("#install-folder").click();
      await page.locator("#install-password").fill("Basqa-Qupia9");
      await wizard.install();
      await finishAndKeepOld(wizard);
      assert.deepEqual((await numbersOf(wizard)).filter((other) => !known.includes(other)), [number]);
      await second.page.reload();
      await second.page.locator('#application[data-state="INSTALLED"]').waitFor(PATIENCE);
    });

    await context.test("another language in mid-form keeps what was typed, and the keys", async (step) => {
      const { page, wizard } = await opened(step);
      await wizard.openEnter();
      await wizard.chooseFiles();
      await page.locator("#password").fill(person.password);
      await page.locator('a[hreflang="en"]').click();
      await page.locator('main[data-lang="en"]').waitFor();
      assert.equal(await page.locator("#password").inputValue(), person.password);
      assert.equal(await page.locator("#file-list li").count(), 2);
      await page.locator("#refresh-keys").click();
      await page.locator("#key-cards .tanba-key-card").first().waitFor(PATIENCE);
      wizard.language = "en";
      await wizard.sign();
      await wizard.openForm();
      await wizard.fillForm();
      await page.locator("#email").fill("half-typed");
      await page.locator('a[hreflang="ru"]').click();
      await page.locator('main[data-lang="ru"]').waitFor();
      assert.equal(await page.locator("#region").inputValue(), "KZ-75");
      assert.equal(await page.locator("#settlement").inputValue(), "almaty");
      assert.equal(await page.locator("#email").inputValue(), "half-typed");
      await page.locator("#email").fill("");
      await wizard.apply();
      await wizard.fillConfirmation();
      await page.locator('a[hreflang="kk"]').click();
      await page.locator('main[data-lang="kk"]').waitFor();
      assert.ok(await page.locator("#correct").isChecked());
      assert.equal(await page.locator("#new-password-repeat").inputValue(), NEW_PASSWORD);
      await wizard.makeKeys();
      await page.locator('a[hreflang="ru"]').click();
      await page.locator('main[data-lang="ru"]').waitFor();
      await page.locator("#sign").waitFor(PATIENCE);
      assert.ok(await page.locator("#signing-key-section").isHidden(), "the signing key is still in memory");
      await wizard.signDocument();
      await page.locator('a[hreflang="en"]').click();
      await page.locator('main[data-lang="en"] #code').waitFor(PATIENCE);
      await wizard.typeCode();
      await wizard.issued();
      await page.locator("#install-folder").click();
      await wizard.install();
      await finishAndKeepOld(wizard);
    });

    await context.test("the session ends in the middle: it is said, and the application is found again", async (step) => {
      const { run, page, wizard } = await opened(step);
      await wizard.signIn();
      await wizard.openForm();
      await wizard.fillForm();
      await wizard.apply();
      const { number } = wizard;
      await wizard.fillConfirmation();
      await run.browser.clearCookies();
      await page.locator("#confirm").click();
      const ended = await problem(page);
      assert.ok(ended.text.length > 20, ended.text);
      assert.doesNotMatch(ended.codes.join(" "), /server-error/);
      await wizard.signIn();
      await page.locator(".govuk-notification-banner a.govuk-button").click();
      await page.locator("#confirm-form").waitFor(PATIENCE);
      assert.equal(await page.locator("#confirm-form").getAttribute("data-number"), number);
      await wizard.fillConfirmation();
      await wizard.makeKeys();
      await run.browser.clearCookies();
      await page.locator("#sign").click();
      await problem(page);
      // Nothing was signed; the application is still there.
      await wizard.signIn();
      await page.locator(".govuk-notification-banner a.govuk-button").click();
      await page.locator("#confirm-form").waitFor(PATIENCE);
      assert.equal(await page.locator("#confirm-form").getAttribute("data-number"), number);
    });

    await context.test("ten idle minutes: the keys leave the memory, and nothing is lost", async (step) => {
      const { run, page, wizard } = await opened(step);
      await idleAtWill(run.browser);
      await wizard.signIn();
      await page.goto(wizard.address("/enter"));
      await wizard.signIn();
      await page.locator(`a[href$="/cabinet/reissue"]`).first().click();
      await page.locator("#reissue-form").waitFor(PATIENCE);
      await wizard.fillForm();
      await wizard.apply();
      await wizard.fillConfirmation();
      await wizard.makeKeys();
      await idle(page);
      await page.locator("#make-section").waitFor(PATIENCE);
      await page.locator("#progress:not([hidden]):not(:empty)").waitFor(PATIENCE);
      await wizard.fillConfirmation();
      await wizard.makeKeys();
      await signWithFiles(wizard);
      await wizard.typeCode();
      await wizard.issued();
      await page.locator("#install-folder").click();
      await wizard.install();
      await idle(page);
      const written = await readFolder(page);
      await page.locator("#finish").click();
      assert.deepEqual((await problem(page)).codes, ["keys-wiped"]);
      await checkSaved(wizard, NEW_PASSWORD);
      assert.deepEqual(await readFolder(page), written, "nothing is written again");
      await finishAndKeepOld(wizard);
    });

    await context.test("five wrong codes: nothing is issued, and a new application is possible", async (step) => {
      const { page, wizard } = await opened(step);
      await wizard.signIn();
      await page.goto(wizard.address("/cabinet/reissue"));
      await wizard.fillForm();
      await wizard.apply();
      await wizard.fillConfirmation();
      await wizard.makeKeys();
      await signWithFiles(wizard);
      const right = await demo.code(wizard.number);
      const wrong = right === "123456" ? "654321" : "123456";
      const before = (await demo.mailbox()).filter(({ kind }) => kind === "certificates_issued").length;
      await page.locator("#code").fill("12");
      await page.locator("#code-submit").click();
      assert.deepEqual((await problem(page)).codes, ["code-format"]);
      const said = new Set();
      for (let turn = 1; turn <= 5; turn += 1) {
        const answered = page.waitForResponse(/\/code$/);
        await wizard.typeCode(wrong);
        await answered;
        await page.locator("main:not([aria-busy])").waitFor();
        if (turn < 5) said.add((await problem(page)).text);
      }
      assert.equal(said.size, 4, `tries left are counted: ${[...said].join(" | ")}`);
      await page.waitForTimeout(300);
      const words = await page.locator("main").innerText();
      assert.ok(words.length > 100);
      await page.goto(wizard.address(`/cabinet/applications/${wizard.number}`));
      await page.locator('#application[data-state="REJECTED"]').waitFor(PATIENCE);
      const { number } = wizard;
      await page.goto(wizard.address("/cabinet/reissue"));
      await wizard.fillForm();
      await wizard.apply();
      assert.notEqual(wizard.number, number);
      assert.equal((await demo.mailbox()).filter(({ kind }) => kind === "certificates_issued").length, before);
    });
  });
});
