// The whole wizard with the keyboard alone: Tab, Space, Enter, arrows and typing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startBrowser, startDemo } from "./harness.mjs";
import { NEW_PASSWORD, Wizard, fillFolder, keyFiles, readFolder, standInFolder } from "./wizard.mjs";

const MANY = 80;

/** Whether the control that has the focus can be seen to have it. */
function focusIsSeen() {
  const control = document.activeElement;
  const marked = (element, pseudo) => {
    const style = getComputedStyle(element, pseudo);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  };
  if (marked(control)) return true;
  const label = control.id === "" ? null : document.querySelector(`label[for="${control.id}"]`);
  return label !== null && (marked(label, "::before") || marked(label));
}

class Keyboard {
  constructor(page) {
    this.page = page;
    this.stops = 0;
  }

  press(key) {
    return this.page.keyboard.press(key);
  }

  focus() {
    return this.page.evaluate(() => {
      const { tagName, id, className } = document.activeElement;
      return `${tagName.toLowerCase()}${id === "" ? "" : `#${id}`} ${className}`;
    });
  }

  /** Tabs until the control has the focus; every stop on the way must be seen. */
  async to(selector) {
    for (let turn = 0; turn < MANY; turn += 1) {
      if (await this.page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
      await this.press("Tab");
      this.stops += 1;
      const onPage = await this.page.evaluate(() => document.activeElement !== document.body);
      if (onPage) assert.ok(await this.page.evaluate(focusIsSeen), `the focus is not seen at ${await this.focus()}`);
    }
    assert.fail(`${selector} cannot be reached with Tab; the focus is at ${await this.focus()}`);
  }

  async activate(selector, key = "Enter") {
    await this.to(selector);
    await this.press(key);
  }

  async type(selector, text) {
    await this.to(selector);
    await this.page.keyboard.type(text);
  }

  /** Chooses in a list with the arrow keys. */
  async choose(selector, value) {
    await this.to(selector);
    for (let turn = 0; turn < MANY; turn += 1) {
      if ((await this.page.locator(selector).inputValue()) === value) return;
      await this.press("ArrowDown");
    }
    assert.fail(`${value} cannot be chosen in ${selector}`);
  }

  async focusIsAt(selector) {
    await this.page.waitForFunction((wanted) => document.activeElement?.matches(wanted), selector, { timeout: 30_000 });
  }
}

test("the wizard needs no mouse", async (context) => {
  const demo = await startDemo();
  context.after(() => demo.stop());
  const run = await startBrowser();
  context.after(() => run.stop());
  await standInFolder(run.browser);
  const { page } = run;
  const person = demo.person("aigerim");
  const wizard = new Wizard({ demo, page, language: "kk", person });
  const keys = new Keyboard(page);

  await wizard.front();
  await fillFolder(page, await keyFiles(person.files));
  await keys.press("Tab");
  assert.match(await keys.focus(), /govuk-skip-link/, "the first stop skips to the content");
  assert.ok(await page.locator(".govuk-skip-link").isVisible());
  await keys.press("Enter");
  await keys.focusIsAt("#main");
  await keys.activate(".govuk-button--start");

  await keys.focusIsAt("main h1");
  await keys.to('input[name="keystore"]');
  await keys.press("ArrowDown");
  assert.ok(await page.locator("#agent-section").isVisible(), "arrows change the keystore");
  await keys.press("ArrowUp");
  await keys.activate("#choose-folder", "Space");
  await keys.focusIsAt("#password");
  await keys.type("#password", "Wrong-Password1");
  await keys.press("Enter");
  await keys.focusIsAt("#error-summary");
  await keys.activate("#error-summary a");
  await keys.focusIsAt("#password");
  await keys.press("Control+a");
  await keys.type("#password", person.password);
  await keys.activate("#password-toggle", "Space");
  assert.equal(await page.locator("#password").getAttribute("type"), "text");
  await keys.press("Space");
  assert.equal(await page.locator("#password").getAttribute("type"), "password");
  await keys.activate("#refresh-keys");
  await page.locator("#key-cards .tanba-key-card").first().waitFor();
  await keys.to('#key-cards input[name="key"]:checked');
  await keys.activate("#sign-in");

  await page.locator("main[data-page=cabinet]").waitFor();
  await keys.focusIsAt("main h1");
  await keys.activate(".tanba-menu__summary");
  assert.ok(await page.locator("#sign-out").isVisible(), "the menu opens");
  await keys.press("Enter");
  await keys.activate('.tanba-keys-state a.govuk-button');

  await page.locator("#reissue-form").waitFor();
  await keys.focusIsAt("main h1");
  await keys.activate("#apply");
  await keys.focusIsAt(".govuk-error-summary");
  await keys.choose("#region", "KZ-75");
  await keys.choose("#settlement", "almaty");
  await keys.to('input[name="keystore"]:checked');
  await keys.activate("#apply");

  await page.locator("#confirm-form").waitFor();
  await keys.focusIsAt("main h1");
  wizard.number = await page.locator("#confirm-form").getAttribute("data-number");
  await keys.activate("#confirm");
  await keys.focusIsAt("#error-summary");
  await keys.activate("#correct", "Space");
  await keys.type("#new-password", NEW_PASSWORD);
  await keys.type("#new-password-repeat", NEW_PASSWORD);
  await keys.activate("#confirm", "Space");
  await keys.focusIsAt("#signing-title");
  await keys.activate("#sign");
  await keys.focusIsAt("#code-title");
  await keys.type("#code", await demo.code(wizard.number));
  await keys.press("Enter");

  await page.locator("#install-start").waitFor({ timeout: 30_000 });
  await keys.focusIsAt("main h1");
  await keys.activate("#copy-number");
  await keys.activate("#install-folder");
  await keys.activate("#install-start", "Space");
  await keys.focusIsAt("#done-title");
  await keys.to("#revoke-old");
  assert.ok(await page.locator("#revoke-old").isChecked());
  await keys.activate("#finish");
  await page.locator('#application[data-state="INSTALLED"]').waitFor({ timeout: 30_000 });
  await keys.focusIsAt("#done-title");
  assert.equal((await readFolder(page)).size, 4);
  console.log(`keyboard walk: ${keys.stops} stops, the focus was seen at each`);
});
