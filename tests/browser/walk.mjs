// The fifteen steps of the guide on the eight pages, by folder or by downloads; a file of its own starts it in each language.
import assert from "node:assert/strict";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { describe, test } from "node:test";
import { foreign, pause, startBrowser, startDemo } from "./harness.mjs";
import { look } from "./screen.mjs";
import { NEW_PASSWORD, Wizard, readFolder, standInFolder, withoutFolders } from "./wizard.mjs";
import { Verifier, certificateOf, facts, openElsewhere } from "./witness.mjs";

/** `walk`: `language`, `locale`, the `name` of a person of the demo, and whether she opens a `folder`. */
export function walkThrough(walk) {
  describe(`${walk.language}, ${walk.folder ? "folder" : "downloads"}`, () => {
    test("fifteen steps, other pages, and what others say of the result", async (context) => {
      const demo = await startDemo();
      context.after(() => demo.stop());
      const run = await startBrowser({ locale: walk.locale });
      context.after(() => run.stop());
      if (walk.folder) await standInFolder(run.browser);
      else await withoutFolders(run.browser);
      const person = demo.person(walk.name);
      const wizard = new Wizard({ demo, page: run.page, language: walk.language, person });
      await context.test("steps 1 to 15", () => renew(wizard, walk));
      const { files } = wizard;
      assert.ok(files, "nothing was installed, so there is nothing more to see");
      await context.test("every other page", () => otherPages(wizard));
      await context.test("the new files open elsewhere, the chain holds, the old pair is superseded", () =>
        others(demo, person, files));
      await context.test("notices came to the confirmed address", () => notices(demo, person, wizard.number));
      await context.test("the new file signs in", () => signInAgain(wizard, walk, files));
      await context.test("a key's password is changed on this device", () => changePassword(wizard, files, walk));
      await context.test("a certificate is revoked by its owner's signature", () => revoke(wizard, files));
      await context.test("“it was not me” shows first and freezes when told", () => notMe(wizard, person));
      await context.test("no request left the origin, no error was logged", () => {
        assert.deepEqual(foreign(run.requests, demo.url), []);
        assert.ok(run.requests.some((url) => url.endsWith(".wasm")), "requests of the worker are in the log");
        assert.deepEqual(run.errors.filter((text) => !EXPECTED.test(text)), []);
      });
    });
  });
}

/** A page that is shown with its error status is logged by the browser as a failed load; and once a token is chosen, to
 * look at the page, where no agent runs that could answer. */
const EXPECTED =
  /Failed to load resource: the server responded with a status of (404|410|422)|^WebSocket connection to 'wss:\/\/127\.0\.0\.1:13579\/' failed/;

async function renew(wizard, { language, folder }) {
  const { page, demo } = wizard;
  const everywhere = { everywhere: true };
  await page.goto(demo.url);
  assert.equal(new URL(page.url()).pathname, `/${language}`, "the browser's language is taken");
  await look(page, language, "01-front", everywhere);

  await page.locator(".govuk-button--start").click();
  await page.locator("#enter-form").waitFor();
  await look(page, language, "02-enter", everywhere);
  await page.locator('input[value="AKKaztokenStore"]').check();
  assert.ok(await page.locator("#agent-section").isVisible());
  await look(page, language, "02-enter-device");
  await page.locator('input[value="PKCS12"]').check();

  if (folder) await wizard.chooseFolder();
  else {
    assert.ok(await page.locator("#choose-folder").isHidden(), "what the browser cannot do is not offered");
    await wizard.chooseFiles();
  }
  await page.locator("#password").fill(wizard.password);
  await look(page, language, "03-password");
  await page.locator("#refresh-keys").click();
  await page.locator("#key-cards .tanba-key-card").first().waitFor();
  assert.equal(await page.locator('#key-cards input[name="key"]:checked').count(), 1, "the right key is selected");
  const chosen = page.locator(".tanba-key-card", { has: page.locator("input:checked") });
  assert.equal(await chosen.getAttribute("data-purpose"), "authentication");
  assert.match(await chosen.innerText(), new RegExp(wizard.person.name.split(" ")[0]));
  assert.equal(await page.locator(".tanba-key-card--unsuitable").count(), 1, "the signing key is greyed");
  assert.equal(await page.locator("#password").inputValue(), "");
  await look(page, language, "04-keys", everywhere);
  await wizard.sign();

  await look(page, language, "05-cabinet", everywhere);
  assert.match(await page.locator(".tanba-keys-state__sentence").innerText(), new RegExp(`\\b${wizard.person.days_left}\\b`));
  await wizard.openForm();
  await wizard.fillForm();
  await look(page, language, "06-reissue", everywhere);
  await wizard.apply();
  await wizard.fillConfirmation();
  await page.locator("#password-strength:not(:empty)").waitFor();
  await look(page, language, "07-confirm", everywhere);
  await wizard.makeKeys();
  await look(page, language, "08-sign", everywhere);
  await wizard.signDocument();
  await look(page, language, "09-code", everywhere);
  await wizard.typeCode();
  await wizard.issued();
  await page.locator("#install-list li").nth(1).waitFor();
  await look(page, language, "10-number", everywhere);
  wizard.files = folder ? await intoFolder(wizard) : await wizard.installByDownloads();
  await look(page, language, "11-installed", everywhere);
  await wizard.finish();
  assert.equal(await page.locator("#install-password-section:visible").count(), 0, "the new password was not asked again");
  await look(page, language, "12-done", everywhere);
}

async function intoFolder(wizard) {
  const before = await readFolder(wizard.page);
  await wizard.install();
  const after = await readFolder(wizard.page);
  for (const [name, bytes] of before) assert.ok(after.get(name)?.equals(bytes), "old files are not touched");
  return new Map([...after].filter(([name]) => !before.has(name)));
}

async function otherPages(wizard) {
  const { page, language } = wizard;
  const everywhere = { everywhere: true };
  const shown = [
    ["13-cabinet-renewed", "/cabinet"],
    ["14-key-list", "/cabinet/keys"],
    ["15-applications", "/cabinet/applications"],
    ["16-status", `/status?number=${wizard.number}`],
    ["17-revoke", "/cabinet/revoke"],
    ["18-password", "/cabinet/password"],
    ["19-profile", "/cabinet/profile"],
    ["20-guide", "/guide"],
    ["22-not-found", "/nothing-here"],
  ];
  for (const [name, place] of shown) {
    await page.goto(wizard.address(place));
    const help = page.locator("#help summary");
    if ((await help.count()) > 0) {
      await help.click();
      await help.blur();
    }
    await look(page, language, name, everywhere);
  }
  await page.goto(wizard.address("/status?number=123"));
  await page.locator("#status-form button").click();
  await page.locator("#number-error:not([hidden])").waitFor();
  await look(page, language, "16-status-wrong", everywhere);
  // The mailbox is the demo's own, and in English.
  await page.goto(`${wizard.demo.url}/demo/mailbox`);
  if (language === "en") await look(page, language, "27-mailbox", everywhere);
}

async function others(demo, person, files) {
  const folder = path.join(demo.folder, "witness");
  assert.equal(files.size, 2, [...files.keys()].join(" "));
  const verifier = new Verifier(folder, demo.root);
  const serials = new Set();
  for (const [name, bytes] of files) {
    assert.match(name, /^(AUTH_)?RSA256_[0-9a-f]{40}\.p12$/);
    const pem = await openElsewhere(folder, name, bytes, NEW_PASSWORD);
    const { ok, text } = await verifier.verify(pem);
    assert.ok(ok, text);
    assert.equal(await verifier.ocsp(pem), "good");
    const { text: shown, serial } = await facts(pem);
    serials.add(serial);
    assert.match(shown, new RegExp(`IIN${person.iin}`));
    assert.match(shown, name.startsWith("AUTH") ? /Key Usage: critical\s+Digital Signature, Key Encipherment|Key Usage: critical\s+Digital Signature/ : /Non Repudiation/);
  }
  assert.equal(serials.size, 2);
  assert.equal([...files.keys()].filter((name) => name.startsWith("AUTH_")).length, 1);
  for (const [place, file] of person.files.entries()) {
    const pem = await certificateOf(file, person.password, path.join(folder, `old-${place}.pem`));
    assert.equal(await verifier.ocsp(pem), "revoked: superseded");
    await verifier.revokedByLists(pem);
  }
}

async function notices(demo, person, number) {
  for (const kind of ["application_accepted", "confirmation_code", "certificates_issued", "installed"]) {
    const mails = await demo.mails(kind, person.email);
    assert.ok(mails.some(({ text, subject }) => `${subject} ${text}`.replace(/(?<=\d) (?=\d)/g, "").includes(number)), kind);
  }
  // Others are reminded that their keys expire.
  const all = (await demo.mailbox()).filter(({ kind }) => kind !== "reminder");
  assert.ok(all.every(({ to }) => to === person.email), "no mail went elsewhere");
}

async function signInAgain(wizard, { folder }, files) {
  const { page, demo, person } = wizard;
  const kept = path.join(demo.folder, "new");
  await mkdir(kept, { recursive: true });
  const paths = [];
  for (const [name, bytes] of files) {
    const file = path.join(kept, name);
    await writeFile(file, bytes);
    paths.push(file);
  }
  await page.goto(wizard.address("/cabinet"));
  await page.locator(".tanba-menu__summary").click();
  await page.locator("#sign-out").click();
  await page.locator("main[data-page=front]").waitFor();
  // The folder has both pairs now; the new password opens the new one.
  const again = new Wizard({ demo, page, language: wizard.language, person: { ...person, password: NEW_PASSWORD, files: paths } });
  await again.signIn({ folder });
  assert.equal(await page.locator(".tanba-keys-state .tanba-key-card").count(), 2);
}

async function revoke(wizard, files) {
  const { page, demo, language } = wizard;
  const [name] = [...files.keys()].filter((file) => !file.startsWith("AUTH_"));
  const pem = path.join(demo.folder, "witness", `${name}.pem`);
  const { serial } = await facts(pem);
  await page.locator('.tanba-menu-cards a[href$="/cabinet/revoke"]').click();
  await page.locator("#revoke-form").waitFor();
  await page.locator("#revoke-continue").click();
  await page.locator("#error-summary:not([hidden]) li").nth(2).waitFor();
  await page.locator(`input[name="serial"][value="${serial.toLowerCase().padStart(40, "0")}"]`).check();
  await page.locator('input[name="event"]').first().check();
  await page.locator("#sure").check();
  await page.locator("#revoke-continue").click();
  await page.locator("#revoke-sign").waitFor();
  await look(page, language, "25-revoke-sign", { everywhere: true });
  await page.locator("#revoke-sign").click();
  await page.locator("#done-section #revoked-serials li").first().waitFor();
  await look(page, language, "26-revoked", { everywhere: true });
  const verifier = new Verifier(path.join(demo.folder, "witness"), demo.root);
  assert.match(await verifier.ocsp(pem), /^revoked/);
}

/** The files that signed in are still on the list; those that another password locks stay as they are. */
async function changePassword(wizard, files, { folder }) {
  const { page, demo } = wizard;
  const changedPassword = "Zhanaraq-Qupia8";
  await page.locator('.tanba-menu-cards a[href$="/cabinet/password"]').click();
  await page.locator("#password-form").waitFor();
  await page.locator("#password").fill(NEW_PASSWORD);
  await page.locator("#new-password").fill(changedPassword);
  await page.locator("#new-password-repeat").fill(changedPassword);
  const before = folder ? await readFolder(page) : new Map();
  const downloads = [];
  page.on("download", (download) => downloads.push(download));
  const sent = [];
  const listen = (request) => sent.push(`${request.method()} ${request.url()} ${request.postData() ?? ""}`);
  page.on("request", listen);
  await page.locator("#change-password").click();
  // In a folder each file leaves a copy that the old password opens.
  await page.locator("#password-results li").nth(folder ? 3 : 1).waitFor();
  const after = folder ? await readFolder(page) : await downloaded(downloads);
  page.off("request", listen);
  // The module may be fetched, and what was made is saved from an address within the page.
  const harmless = (line) => line.startsWith("GET blob:") || line.startsWith(`GET ${demo.url}/assets/`);
  assert.deepEqual(sent.filter((line) => !harmless(line)), [], "neither file nor password is sent");
  for (const [name, bytes] of files) {
    assert.ok(!after.get(name).equals(bytes));
    await openElsewhere(path.join(demo.folder, "changed"), name, after.get(name), changedPassword);
    if (folder) assert.ok(after.get(`${name}.old`).equals(before.get(name)), "the copy is the file as it was");
  }
  for (const [name, bytes] of before) if (!files.has(name)) assert.ok(after.get(name).equals(bytes));
  await page.locator(".govuk-back-link").click();
  await page.locator("main[data-page=cabinet]").waitFor();
}

async function downloaded(downloads) {
  for (let turn = 0; downloads.length < 2 && turn < 100; turn += 1) await pause(50);
  return new Map(await Promise.all(downloads.map(async (one) => [one.suggestedFilename(), await readFile(await one.path())])));
}

async function notMe(wizard, person) {
  const { page, demo, language } = wizard;
  const [mail] = await demo.mails("certificates_issued", person.email);
  const link = mail.text.match(/https?:\S+\/not-me\/\S+/)[0].replace(/[.,]$/, "");
  await page.goto(link.replace(/\/(kk|ru|en)\/not-me/, `/${language}/not-me`));
  await look(page, language, "23-not-me", { everywhere: true });
  assert.equal((await demo.mailbox()).filter(({ kind }) => kind === "frozen").length, 0, "looking freezes nothing");
  await page.locator("main form button").first().click();
  await page.locator(".tanba-serials li").first().waitFor();
  await look(page, language, "24-frozen", { everywhere: true });
  await demo.mails("frozen", person.email);
  await page.goto(wizard.address("/cabinet"));
  await page.locator("main[data-page=enter]").waitFor();
}
