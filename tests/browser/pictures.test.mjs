// The pictures of docs/screens: each has a number of its own, none is missing, none is left over, and together they are small.
import assert from "node:assert/strict";
import { readFile, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { test } from "node:test";
import { root, screens } from "./harness.mjs";

const LANGUAGES = ["kk", "ru", "en"];
/** Octets of all pictures. */
const LIMIT = 7_500_000;

/** Names that walks give to pictures, in the order of the files. */
async function namesOfWalks() {
  const names = [];
  for (const file of (await readdir(import.meta.dirname)).filter((name) => name.endsWith(".test.mjs") || name === "walk.mjs").sort()) {
    if (path.join(import.meta.dirname, file) === import.meta.filename) continue;
    const source = await readFile(path.join(import.meta.dirname, file), "utf8");
    const found = source.match(/(?<=["`])\d\d-[a-z\d-]+(?=["`$])/g) ?? [];
    // The ending of the phone is put on by what makes the picture; a name of its own with it would be kept by nobody.
    for (const name of found) assert.doesNotMatch(name, /\d$/, `${file}: ${name}`);
    names.push(...found);
  }
  return names;
}

const kept = async (language) => (await readdir(path.join(screens, language))).sort();

test("no two pictures have one number, apart from two states of one page", async () => {
  const names = [...new Set(await namesOfWalks())].sort();
  for (const [place, name] of names.entries()) {
    const before = names[place - 1];
    if (before?.slice(0, 2) === name.slice(0, 2)) assert.ok(name.startsWith(before), `${before} and ${name}`);
  }
});

test("what is kept is what the walks make, in each language, and the phone in Kazakh", async () => {
  const made = new Set(await namesOfWalks());
  const found = new Set();
  for (const language of LANGUAGES) {
    for (const file of await kept(language)) {
      const name = file.replace(/(-360)?\.webp$/, "");
      assert.ok(made.has(name), `no walk makes ${language}/${file}`);
      assert.ok(!file.includes("-360") || language === "kk", file);
      found.add(name);
    }
  }
  assert.deepEqual([...made].filter((name) => !found.has(name)), [], "never made");
});

test("the table of walks names each of them", async () => {
  const table = (await readFile(path.join(root, "docs/walks.md"), "utf8")).match(/(?<=[ |])\d\d-[a-z-]+(?=\*?[ |])/g);
  assert.deepEqual([...new Set(table)].sort(), [...new Set(await namesOfWalks())].sort());
});

test("together they are small", async () => {
  let octets = 0;
  for (const language of LANGUAGES) {
    for (const file of await kept(language)) octets += (await stat(path.join(screens, language, file))).size;
  }
  assert.ok(octets < LIMIT, `${octets} octets`);
});

test("every picture that a document or an article names is there", async () => {
  const documents = ["README.md", ...(await readdir(path.join(root, "docs"))).filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)];
  for (const document of documents) {
    const text = await readFile(path.join(root, document), "utf8");
    for (const [, place] of text.matchAll(/screens\/([\w/-]+\.\w+)/g)) {
      await stat(path.join(screens, place)).catch(() => assert.fail(`${document} names ${place}`));
    }
  }
  const guide = path.join(root, "crates/cabinet/guide");
  const steps = (await readFile(path.join(guide, "steps.pictures"), "utf8")).trim().split("\n");
  const figures = steps.map((line) => ["the steps", line.split(" ")[1]]);
  for (const article of await readdir(guide)) {
    const figure = /^figure = "([\w-]+)"$/m.exec(await readFile(path.join(guide, article), "utf8"))?.[1];
    if (figure !== undefined) figures.push([article, figure]);
  }
  for (const [article, figure] of figures) {
    for (const language of LANGUAGES) {
      await stat(path.join(screens, language, `${figure}.webp`)).catch(() => assert.fail(`${article} shows ${figure}`));
    }
  }
});
