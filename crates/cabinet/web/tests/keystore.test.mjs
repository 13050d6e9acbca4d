// The key module as the worker uses it, with OpenSSL as the second opinion.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { load } from "./modules.mjs";

const { initSync, KeyRing } = await load("keystore");
const { pbkdf2 } = await load("derive");
initSync({ module: readFileSync(join(process.env.TANBA_WEB_TESTS, "keystore_bg.wasm")) });

const folder = mkdtempSync(join(tmpdir(), "tanba-web-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = (name) => join(folder, name);
const openssl = (...parts) => execFileSync("openssl", parts, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] }).toString();
const NOW = Math.floor(Date.now() / 1000);
const ORIGIN = "https://cabinet.example";
const PASSWORD = "Qwerty12";

async function derived(ring, call, counted = { derivations: 0 }) {
  for (;;) {
    const outcome = JSON.parse(call());
    if (outcome.derive === undefined) {
      ring.drop_derivations();
      return outcome;
    }
    counted.derivations += 1;
    ring.supply(await pbkdf2(outcome.derive, ring.derivation_password(), ring.derivation_salt()));
  }
}

async function newKey(ring, purpose) {
  const { subtle } = globalThis.crypto;
  const pair = await subtle.generateKey(
    { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
    true,
    ["sign", "verify"],
  );
  return ring.add_key(new Uint8Array(await subtle.exportKey("pkcs8", pair.privateKey)), purpose);
}

function failure(call) {
  try {
    call();
  } catch (error) {
    return JSON.parse(error);
  }
  assert.fail("nothing failed");
}

const challenge = (changes = {}) =>
  Buffer.from(
    JSON.stringify({
      expires: "2026-11-24T06:05:00Z",
      issued: "2026-11-24T06:00:00Z",
      nonce: "00".repeat(32),
      origin: ORIGIN,
      purpose: "installation",
      schema: "tanba.challenge/1",
      subject: "123456789015",
      ...changes,
    }),
  );

// One CA and one finished key for all tests.
openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA", "-days", "10");
const ring = new KeyRing(true);
const key = await newKey(ring, "authentication");
const request = ring.request(key, "PKCS12");
writeFileSync(file("request.der"), request);
writeFileSync(file("extensions"), "keyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=clientAuth\nsubjectKeyIdentifier=hash\n");
openssl("req", "-inform", "DER", "-in", "request.der", "-verify", "-noout");
openssl("x509", "-req", "-inform", "DER", "-in", "request.der", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "5", "-extfile", "extensions", "-set_serial", "0x1234", "-outform", "DER", "-out", "new.cer");
openssl("x509", "-in", "ca.pem", "-outform", "DER", "-out", "ca.cer");
const certificate = readFileSync(file("new.cer"));

test("keys that wait for their certificates are opened again only with their password", async () => {
  const both = Uint32Array.of(key, await newKey(ring, "signature"));
  const { keys } = await derived(ring, () => ring.lock(both, PASSWORD));
  const bytes = ring.output();
  assert.deepEqual(keys.map(({ purpose }) => purpose), ["authentication", "signature"]);
  const other = new KeyRing(true);
  const purposes = "authentication signature";
  const wrong = await derived(other, () => other.unlock(bytes, "Qwerty13", purposes)).catch((error) => JSON.parse(error));
  assert.equal(wrong.code, "file-wrong-password");
  other.drop_derivations();
  const { ids } = await derived(other, () => other.unlock(bytes, PASSWORD, purposes));
  assert.equal(ids.length, 2);
  assert.equal(JSON.parse(other.plan_file(certificate)).publicKey, keys[0].publicKey);
  // What came back is the same key: the certificate fits it.
  const { name } = await derived(other, () => other.install(certificate, new Uint8Array(), PASSWORD));
  assert.match(name, /^AUTH_RSA256_/);
});

test("the finished file opens everywhere and its key proves itself", async () => {
  const plan = JSON.parse(ring.plan_file(certificate));
  assert.equal(plan.purpose, "authentication");
  const done = await derived(ring, () => ring.install(certificate, readFileSync(file("ca.cer")), PASSWORD));
  assert.equal(done.name, plan.name);
  assert.match(done.name, /^AUTH_RSA256_[0-9a-f]{40}\.p12$/);
  const bytes = ring.output();
  assert.equal(ring.output().length, 0, "the output is handed over once");
  writeFileSync(file("new.p12"), bytes);
  openssl("pkcs12", "-in", "new.p12", "-passin", `pass:${PASSWORD}`, "-nodes", "-out", "new.pem");
  const { entry } = await derived(ring, () => ring.verify(done.name, bytes, PASSWORD, NOW));
  assert.equal(entry.problem, null);
  assert.equal(entry.serial, "1234");
  const text = challenge();
  const proof = ring.sign_challenge(entry.id, text, "installation", "123456789015", ORIGIN, NOW);
  writeFileSync(file("proof.der"), proof);
  const verified = openssl("cms", "-verify", "-inform", "DER", "-in", "proof.der", "-CAfile", "ca.pem", "-purpose", "any");
  assert.equal(verified, text.toString());
  for (const [changes, field] of [
    [{ origin: "https://thief.example" }, "summary-origin"],
    [{ purpose: "login" }, "summary-kind"],
    [{ subject: "999999999999" }, "summary-number"],
  ]) {
    const { code, values } = failure(() => ring.sign_challenge(entry.id, challenge(changes), "installation", "123456789015", ORIGIN, NOW));
    assert.deepEqual([code, values.field], ["document-changed", field]);
  }
});

test("an application is signed only for the keys that were made here", async () => {
  const { createHash } = await import("node:crypto");
  const hex = (bytes) => createHash("sha256").update(bytes).digest("hex");
  const { publicKey } = JSON.parse(ring.plan_file(certificate));
  const document = (changes = {}, keyChanges = {}) =>
    Buffer.from(
      JSON.stringify({
        applicant: { country: "KZ", given_name: "A", iin: "850101300121", patronymic: null, surname: "B" },
        created: "2026-11-24T06:00:00Z",
        email: null,
        keys: [{ algorithm: "RSA-2048", profile: "p", public_key_sha256: publicKey, purpose: "authentication", request_sha256: hex(request), ...keyChanges }],
        keystore: "PKCS12",
        kind: "reissue",
        number: "123456789015",
        origin: ORIGIN,
        region: "KZ-75",
        schema: "tanba.application/1",
        settlement: "almaty",
        ...changes,
      }),
    );
  assert.equal(JSON.parse(ring.summary(document()))[2].value, "123456789015");
  const sign = (text) => failure(() => ring.sign_document(1, text, Uint32Array.of(key), "123456789015", ORIGIN, NOW)).code;
  // The right document fails only at the key: the one that is open here is for signing in.
  const [entry] = JSON.parse(ring.entries());
  const right = failure(() => ring.sign_document(entry.id, document(), Uint32Array.of(key), "123456789015", ORIGIN, NOW));
  assert.equal(right.code, "key-for-authentication");
  assert.equal(sign(document({ origin: "https://thief.example" })), "document-changed");
  assert.equal(sign(document({ number: "999999999999" })), "document-changed");
  assert.equal(sign(document({}, { request_sha256: "00".repeat(32) })), "document-changed");
  assert.equal(sign(document({}, { public_key_sha256: "00".repeat(32) })), "document-changed");
  assert.equal(sign(Buffer.from(`${document()} `)), "document-unreadable");
});

test("a changed password is the only one that opens the file afterwards", async () => {
  const before = readFileSync(file("new.p12"));
  await derived(ring, () => ring.change_password("x.p12", before, PASSWORD, "Another34"));
  const after = ring.output();
  await derived(ring, () => ring.verify_opens(after, "Another34"));
  const old = await derived(ring, () => ring.verify_opens(after, PASSWORD)).catch((error) => JSON.parse(error));
  assert.equal(old.code, "file-wrong-password");
  ring.drop_derivations();
});

test("without the platform's PBKDF2 the module derives by itself", async () => {
  const alone = new KeyRing(false);
  const counted = { derivations: 0 };
  const { entries } = await derived(alone, () => alone.open("new.p12", readFileSync(file("new.p12")), PASSWORD), counted);
  assert.equal(counted.derivations, 0);
  assert.equal(entries.length, 1);
});

test("what is no key file is called what it is", () => {
  const found = (bytes) => failure(() => ring.open("x", Buffer.from(bytes), PASSWORD));
  assert.deepEqual(found("%PDF-1.7"), { code: "file-not-a-key-store", values: { found: "found-document" } });
  assert.equal(found("").values.found, "found-empty");
  const broken = readFileSync(file("new.p12")).subarray(0, 300);
  assert.equal(failure(() => ring.open("x", broken, PASSWORD)).code, "file-damaged");
});

test("forgetting leaves nothing to sign with", async () => {
  const other = new KeyRing(true);
  const { entries } = await derived(other, () => other.open("new.p12", readFileSync(file("new.p12")), PASSWORD));
  other.forget();
  assert.deepEqual(JSON.parse(other.entries()), []);
  const id = entries[0].id;
  assert.equal(failure(() => other.sign_challenge(id, challenge(), "installation", "123456789015", ORIGIN, NOW)).code, "signed-in-again");
});

test("the rule for new passwords", () => {
  const rule = (password) => JSON.parse(ring.check_password(password));
  assert.deepEqual(rule("Qwerty12").broken, []);
  assert.equal(rule("Qwerty12").strength, "password-weak");
  assert.ok(rule("abc").broken.includes("password-too-short"));
  assert.ok(rule("пароль12").broken.includes("password-lacks-upper-case"));
});
