// What must hold on every screen, whatever is on it.
import assert from "node:assert/strict";
import { picture, violations as found } from "./harness.mjs";

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 360, height: 740 };

/** Nothing may reach over the edge. */
async function overflow(page) {
  return page.evaluate(() => {
    const wide = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= wide) return [];
    return [...document.querySelectorAll("body *")]
      .filter((element) => element.getBoundingClientRect().right > wide + 1 && element.checkVisibility())
      .map((element) => element.outerHTML.slice(0, 120));
  });
}

/** Controls that a finger would miss; links inside sentences may be as tall as their line (WCAG 2.5.8). */
async function smallTargets(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll("main button, main .govuk-button, main summary, main select, main input:not([type=hidden]):not([type=file])")]
      .filter((element) => element.checkVisibility())
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .filter(({ element, box }) => box.height < (element.matches(".tanba-link-button, summary, .tanba-file-list__remove") ? 24 : 38))
      .map(({ element, box }) => `${element.outerHTML.slice(0, 100)} ${box.height}`),
  );
}

/** A line for each violation, short enough to be read in a log. */
const violations = async (page) =>
  process.env.TANBA_SCREENS === "only" ? [] : (await found(page)).map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.length} × ${nodes.slice(0, 3).join(" ")}`);

/**
 * Keeps the picture (with `part`, of that element, or from one to the next; without a name none), and asserts what every screen
 * promises; `everywhere` adds the phone and the dark.
 */
export async function look(page, language, name, { everywhere = false, part } = {}) {
  // A link to the page that is shown brings it anew.
  await page.locator("main:not([aria-busy])").waitFor();
  assert.deepEqual(await violations(page), [], `${language} ${name}`);
  assert.equal(await page.locator("h1:visible").count(), 1, `${language} ${name}: one h1`);
  assert.equal(await page.getAttribute("html", "lang"), language);
  await page.mouse.move(0, 0);
  assert.deepEqual(await page.evaluate(unworded), [], `${language} ${name}: texts without words`);
  await drawn(page, language, name, part);
  if (!everywhere) return;
  const scroll = await page.evaluate(() => scrollY);
  await page.emulateMedia({ colorScheme: "dark" });
  assert.deepEqual(await violations(page), [], `${language} ${name}, dark`);
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize(PHONE);
  assert.deepEqual(await overflow(page), [], `${language} ${name}, 360 pixels`);
  assert.deepEqual(await smallTargets(page), [], `${language} ${name}, 360 pixels`);
  assert.deepEqual(await violations(page), [], `${language} ${name}, 360 pixels`);
  if (language === "kk") await drawn(page, language, name && `${name}-360`, part);
  await page.setViewportSize(DESKTOP);
  await page.evaluate((place) => scrollTo(0, place), scroll);
}

/** A picture of the page with its help closed, as everybody first sees it. */
async function drawn(page, language, name, part) {
  if (name === undefined) return;
  const help = page.locator("details#help[open]");
  const wasOpen = (await help.count()) > 0;
  if (wasOpen) await page.locator("#help").evaluate((details) => { details.open = false; });
  await picture(page, language, name, part);
  if (wasOpen) await page.locator("#help").evaluate((details) => { details.open = true; });
}

/** Keys of messages and placeholders that reached the page instead of their texts. */
function unworded() {
  const words = document.body.innerText;
  return [...(words.match(/\{\s*\$\w+\s*\}|\bundefined\b|\[object \w+\]|\bNaN\b/g) ?? [])];
}
