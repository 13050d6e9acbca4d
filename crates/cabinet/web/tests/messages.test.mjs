import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { load } from "./modules.mjs";

const { fill } = await load("messages");
const { fromBase64, toBase64 } = await load("base64");
const web = new URL("..", import.meta.url);
const messages = JSON.parse(readFileSync(new URL("messages.json", web)));

test("placeholders are filled, unknown ones stay to be seen", () => {
  assert.equal(fill("{$a} of { $b }, {$c}", { a: 1, b: "two" }), "1 of two, {$c}");
  assert.equal(fill("{$name}", { name: "{$other} $& $1" }), "{$other} $& $1");
});

test("base64 survives the way there and back at every length", () => {
  for (const length of [0, 1, 2, 3, 255, 70_000]) {
    const bytes = Uint8Array.from({ length }, (_, place) => (place * 7) & 255);
    assert.deepEqual(fromBase64(toBase64(bytes)), bytes);
    assert.equal(toBase64(bytes), Buffer.from(bytes).toString("base64"));
  }
});

/** Keys that are put together from parts in the code. */
const COMPOSED = /^(purpose|summary|keystore|found|file|key|password|month|country|event|reason|role|identification|decision|act)-/;

test("every text that the scripts name is on the list, and no text is left over", () => {
  const all = (folder, ending) =>
    readdirSync(folder)
      .filter((name) => name.endsWith(ending))
      .map((name) => readFileSync(new URL(name, folder), "utf8"))
      .join("\n");
  const code = all(new URL("src/", web), ".ts");
  const rust = all(new URL("../../keystore-wasm/src/", web), ".rs");
  const named = new Set();
  for (const [, key] of code.matchAll(/(?:text|hasText|Problem\.of|progress|progressEnd|warning\(place,)\(?\s*"([a-z][\w-]*)"/g)) named.add(key);
  for (const [, key] of rust.matchAll(/Failure::new\("([\w-]+)"\)|Self::new\("([\w-]+)"\)/g)) if (key) named.add(key);
  const missing = [...named].filter((key) => !(key in messages));
  assert.deepEqual(missing, []);
  const unused = Object.keys(messages).filter((key) => !code.includes(`"${key}"`) && !rust.includes(`"${key}"`) && !COMPOSED.test(key));
  assert.deepEqual(unused, []);
});
