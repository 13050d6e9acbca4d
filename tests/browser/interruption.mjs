// What a person does before and after she was interrupted.
import { keyFiles } from "./wizard.mjs";

const PATIENCE = { timeout: 30_000 };

/** The old keys stay valid, so that the next test can use them. */
export async function finishAndKeepOld(wizard) {
  await wizard.page.locator("#revoke-old").uncheck();
  await wizard.finish();
}

/** Signs the document on a page whose worker does not have the signing key. */
export async function signWithFiles(wizard) {
  const { page, person } = wizard;
  await page.locator("#signing-files").setInputFiles(await keyFiles(person.files));
  await page.locator("#signing-password").fill(person.password);
  await wizard.signDocument();
}

/** Opens the files that were saved before, as far as the last button. */
export async function checkSaved({ page }, password) {
  await page.locator("#saved-password").fill(password);
  await page.locator("#saved-check").click();
  await page.locator("#finish").waitFor(PATIENCE);
}

export async function numbersOf(wizard) {
  await wizard.page.goto(wizard.address("/cabinet/applications"));
  const text = (await wizard.page.locator("main").innerText()).replace(/(?<=\d)\s(?=\d)/g, "");
  return [...new Set(text.match(/(?<!\d)\d{12}(?!\d)/g) ?? [])];
}

/** The worker's ten idle minutes end when the test says so. */
export async function idleAtWill(browser) {
  const rule = `{
    const later = globalThis.setTimeout;
    globalThis.setTimeout = (action, wait, ...rest) => {
      if (wait !== 600000) return later(action, wait, ...rest);
      globalThis.endOfIdleTime = action;
      return 0;
    };
    new BroadcastChannel("idle").onmessage = () => globalThis.endOfIdleTime();
  }\n`;
  await browser.route(/\/assets\/worker\.[^/]*\.js$/, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: (await answer.text()) + rule });
  });
}

export const idle = (page) => page.evaluate(() => new BroadcastChannel("idle").postMessage("now"));
