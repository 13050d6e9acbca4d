// Somebody without keys applies for her first ones.
import assert from "node:assert/strict";

const PATIENCE = { timeout: 60_000 };
export const APPLICANT_PASSWORD = "Zhana-Qupia7";

/** From the agreement to the number, which it gives; the application is then in that state. */
export async function apply({ demo, page, language, person, address, keystore = "PKCS12", state = "SUBMITTED" }) {
  const [surname, given, ...patronymic] = person.name.split(" ");
  await page.goto(`${demo.url}/${language}/obtain`);
  await page.locator("#accepted").check();
  await page.locator("#obtain-form button").click();
  await page.locator("#first-person-form").waitFor(PATIENCE);
  await page.locator("#iin").fill(person.iin);
  await page.locator("#surname").fill(surname);
  await page.locator("#given_name").fill(given);
  await page.locator("#patronymic").fill(patronymic.join(" "));
  await page.locator("#first-person").click();
  await page.locator("#first-address-form").waitFor(PATIENCE);
  await page.locator("#email").fill(address);
  await page.locator("#first-address-form button").click();
  await page.locator("#first-code-form").waitFor(PATIENCE);
  const [mail] = await demo.mails("address_code", address);
  await page.locator("#code").fill(mail.subject.match(/\d{6}/)[0]);
  await page.locator("#first-code-form button").click();
  await page.locator("#first-place-form").waitFor(PATIENCE);
  await page.locator("#region").selectOption("KZ-75");
  await page.locator("#settlement").selectOption("almaty");
  await page.locator("#first-place-form button").click();
  await page.locator("#first-centre-form").waitFor(PATIENCE);
  await page.locator('input[value="kz-75-almaty-1"]').check();
  await page.locator(`input[name="keystore"][value="${keystore}"]`).check();
  await page.locator("#first-centre-form button").click();
  await page.locator("#first-form").waitFor(PATIENCE);
  await page.locator("#correct").check();
  if (keystore === "PKCS12") {
    await page.locator("#new-password").fill(APPLICANT_PASSWORD);
    await page.locator("#new-password-repeat").fill(APPLICANT_PASSWORD);
  } else {
    assert.equal(await page.locator("#new-password").count(), 0, "a token has its PIN");
  }
  await page.locator("#confirm").click();
  await page.locator("#signing:not([hidden])").waitFor(PATIENCE);
  await page.locator("#sign").click();
  await page.locator(`#application[data-state="${state}"]`).waitFor(PATIENCE);
  return page.locator("#application").getAttribute("data-number");
}
