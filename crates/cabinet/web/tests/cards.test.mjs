import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./modules.mjs";

const { replacedAt } = await load("cards");
const { grouped } = await load("messages");

const DAY = 86_400;
const today = Math.floor(Date.now() / 1000);
const key = (more = {}) => ({
  id: 1,
  file: "a.p12",
  owner: "Әйгерім",
  iin: "850101300123",
  purpose: "signature",
  notBefore: today - 300 * DAY,
  notAfter: today + 65 * DAY,
  serial: "0a",
  issuer: "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ",
  algorithm: "RSA-2048",
  keystore: "PKCS12",
  problem: null,
  values: {},
  ...more,
});

test("the older of two keys for one thing knows when the newer one was issued", () => {
  const old = key();
  const newer = key({ id: 2, notBefore: today - DAY, notAfter: today + 364 * DAY });
  const newest = key({ id: 3, notBefore: today - 60, notAfter: today + 365 * DAY });
  assert.equal(replacedAt(old, [old]), null);
  assert.equal(replacedAt(old, [old, newer]), newer.notBefore);
  assert.equal(replacedAt(old, [newest, old, newer]), newest.notBefore);
  assert.equal(replacedAt(newest, [newest, old, newer]), null);
  // The same key in two files is no newer one.
  assert.equal(replacedAt(old, [old, key({ id: 4, file: "b.p12" })]), null);
});

test("a key for something else, of somebody else, elsewhere or not valid replaces nothing", () => {
  const old = key();
  const recent = { id: 2, notBefore: today - DAY, notAfter: today + 364 * DAY };
  for (const more of [
    { purpose: "authentication" },
    { keystore: "AKKaztokenStore" },
    { iin: "940101300128" },
    { owner: "Болат" },
    { issuer: "another" },
    { notBefore: today + DAY },
    { notBefore: today - 2 * DAY, notAfter: today - DAY },
    { problem: "key-waiting" },
    { notBefore: null, notAfter: null },
  ]) {
    const other = key({ ...recent, ...more });
    assert.equal(replacedAt(old, [old, other]), null, JSON.stringify(more));
  }
  const over = key({ notAfter: today - DAY });
  assert.equal(replacedAt(over, [over, key(recent)]), null, "what has ended says that already");
});

test("a serial number is shown in groups of four digits", () => {
  assert.equal(grouped("0a1b2c3d4e"), "0a1b 2c3d 4e");
  assert.equal(grouped("0a1b2c3d"), "0a1b 2c3d");
  assert.equal(grouped(""), "");
});
