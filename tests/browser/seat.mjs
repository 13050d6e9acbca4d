// A member of staff at the desk, step by step.
import assert from "node:assert/strict";
import { keyFiles } from "./wizard.mjs";

const PATIENCE = { timeout: 30_000 };

export class Seat {
  constructor({ demo, page, language, role }) {
    const member = demo.staff.find((one) => one.role === role);
    const address = `${demo.url}/${language}/desk`;
    // Who decides begins at the queue, the others at what they are there for.
    const home = { administrator: `${address}/admin`, auditor: `${address}/audit` }[role] ?? address;
    Object.assign(this, { page, member, address, home });
  }

  async sitDown() {
    const { page, member } = this;
    await page.goto(`${this.address}/enter`);
    await page.locator("#file-input").setInputFiles(await keyFiles(member.files));
    await page.locator("#file-list li").first().waitFor();
    await page.locator("#password").fill(member.password);
    await page.locator("#refresh-keys").click();
    await page.locator("#key-cards .tanba-key-card").first().waitFor(PATIENCE);
    await page.locator("#sign-in").click();
    await page.waitForURL(this.home, PATIENCE);
  }

  /** Looks for a person or an application, by what is said, shown or scanned. */
  async find(what, place, name = what) {
    // A person's address has her record: an IIN stands in none.
    const ending = place === "persons" ? "\\d{1,9}" : name;
    await this.page.locator("#what").fill(what);
    await this.page.locator(".tanba-search button").first().click();
    await this.page.waitForURL(new RegExp(`${this.address}/${place}/${ending}$`), PATIENCE);
  }

  /** What was prepared is read and signed; the address of the page then ends so. */
  async sign(end) {
    const { page } = this;
    await page.locator("#signing:not([hidden])").waitFor(PATIENCE);
    assert.ok((await page.locator("#document-summary .govuk-summary-list__row").count()) > 5);
    await page.locator("#desk-sign").click();
    // The page may still say what became of the act before.
    await page.waitForURL((url) => url.href.endsWith(`?${end}`), PATIENCE);
    await page.locator("#desk-done").waitFor(PATIENCE);
  }
}
