// Key files of the world in the browser's module: each behaves as its expectation says.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { load } from "./modules.mjs";

const fixtures = process.env.TANBA_FIXTURES ?? resolve(import.meta.dirname ?? ".", "../../../../../shared/fixtures");
const { initSync, KeyRing } = await load("keystore");
const { pbkdf2 } = await load("derive");
initSync({ module: readFileSync(join(process.env.TANBA_WEB_TESTS, "keystore_bg.wasm")) });
const NATIONAL = "kz/p12/sdk-2020";

async function open(path, password) {
  const ring = new KeyRing(true);
  try {
    for (;;) {
      const outcome = JSON.parse(ring.open("file", readFileSync(path), password));
      if (outcome.derive === undefined) return outcome;
      ring.supply(await pbkdf2(outcome.derive, ring.derivation_password(), ring.derivation_salt()));
    }
  } finally {
    ring.free();
  }
}

if (!existsSync(fixtures)) {
  console.log("SKIPPED: fixtures folder absent");
} else {
  for (const [name, purpose] of [
    ["rsa-individual-auth-valid-86f61c04.p12", "authentication"],
    ["rsa-individual-sign-valid-9990d7fb.p12", "signature"],
  ]) {
    test(`the national test key ${name} is listed with its purpose`, async () => {
      const { entries } = await open(join(fixtures, NATIONAL, name), "Qwerty12");
      assert.equal(entries[0].purpose, purpose);
      assert.equal(entries[0].problem, null);
      assert.match(entries[0].iin, /^\d{12}$/);
      assert.ok(entries[0].owner.length > 3);
    });
  }

  test("a key of the national algorithm is named as not supported yet", async () => {
    const { entries } = await open(join(fixtures, NATIONAL, "gost2004-ceo-sign-valid-a9bac146.p12"), "Qwerty12");
    assert.equal(entries[0].problem, "key-unsupported");
    assert.match(entries[0].values.algorithm, /GOST/);
  });
}
