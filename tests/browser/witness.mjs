// What programs that are not ours say about the files and certificates of a walk.
import assert from "node:assert/strict";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { pause, run } from "./harness.mjs";

/** `{ ok, text }` of a program, whatever its exit code. */
async function ask(program, args, options = {}) {
  try {
    const { stdout, stderr } = await run(program, args, options);
    return { ok: true, text: stdout + stderr };
  } catch (error) {
    if (error.code === "ENOENT") throw error;
    return { ok: false, text: `${error.stdout ?? ""}${error.stderr ?? ""}` };
  }
}

/** Reads a key file with OpenSSL, NSS and Java; gives the certificate of its owner as PEM. */
export async function openElsewhere(folder, name, bytes, password) {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, name);
  const secret = path.join(folder, "password");
  const database = path.join(folder, "nss");
  await writeFile(file, bytes);
  await writeFile(secret, `${password}\n`);

  const openssl = ["pkcs12", "-in", file, "-passin", `file:${secret}`];
  const key = await run("openssl", [...openssl, "-nodes", "-nocerts"]);
  assert.match(key.stdout, /BEGIN PRIVATE KEY/);
  const { stdout: certificate } = await run("openssl", [...openssl, "-nokeys", "-clcerts"]);
  assert.match(certificate, /BEGIN CERTIFICATE/);
  // The key belongs to the certificate.
  const keyFile = path.join(folder, "key.pem");
  await writeFile(keyFile, key.stdout);
  const pem = path.join(folder, `${name}.pem`);
  await writeFile(pem, certificate);
  const ofKey = await run("openssl", ["pkey", "-in", keyFile, "-pubout"]);
  const ofCertificate = await run("openssl", ["x509", "-in", pem, "-noout", "-pubkey"]);
  assert.equal(ofKey.stdout, ofCertificate.stdout);

  await mkdir(database, { recursive: true });
  const nss = `sql:${database}`;
  await ask("certutil", ["-N", "-d", nss, "--empty-password"]);
  const listed = await run("pk12util", ["-l", file, "-d", nss, "-w", secret]);
  assert.match(listed.stdout, /Key\(shrouded\)/);
  assert.match(listed.stdout, /Certificate/);

  const java = await run("keytool", ["-J-Duser.language=en", "-list", "-storetype", "PKCS12", "-keystore", file, "-storepass:file", secret]);
  assert.match(java.stdout, /PrivateKeyEntry/);
  const wrong = await ask("openssl", ["pkcs12", "-in", file, "-passin", "pass:Not-The-Password1", "-noout"]);
  assert.equal(wrong.ok, false, "a wrong password opens nothing");
  return pem;
}

/** Facts of a certificate that OpenSSL reads. */
export async function facts(pem) {
  const { stdout } = await run("openssl", ["x509", "-in", pem, "-noout", "-text", "-nameopt", "utf8,sep_comma_plus"]);
  const serial = (await run("openssl", ["x509", "-in", pem, "-noout", "-serial"])).stdout.trim().split("=")[1];
  const addresses = (from, to) => {
    const part = stdout.slice(stdout.indexOf(from), to === undefined ? undefined : stdout.indexOf(to, stdout.indexOf(from)));
    return [...part.matchAll(/URI:(\S+)/g)].map(([, url]) => url);
  };
  return {
    text: stdout,
    serial,
    lists: [...addresses("X509v3 CRL Distribution Points", "Authority Information Access")],
    issuer: stdout.match(/CA Issuers - URI:(\S+)/)?.[1],
    ocsp: stdout.match(/OCSP - URI:(\S+)/)?.[1],
  };
}

async function fetched(url, file) {
  const answer = await fetch(url);
  assert.equal(answer.status, 200, url);
  await writeFile(file, Buffer.from(await answer.arrayBuffer()));
  return file;
}

/** A verifier with its own folder: chain, lists and answers by the addresses in the certificate. */
export class Verifier {
  constructor(folder, root) {
    Object.assign(this, { folder, root, place: 0 });
  }

  path(name) {
    return path.join(this.folder, name);
  }

  async issuer(pem) {
    await mkdir(this.folder, { recursive: true });
    const { issuer } = await facts(pem);
    const der = await fetched(issuer, this.path("issuing.cer"));
    const file = this.path("issuing.pem");
    await run("openssl", ["x509", "-inform", "DER", "-in", der, "-out", file]);
    return file;
  }

  /** `openssl verify` with the base and delta lists that the certificate names. */
  async verify(pem) {
    const issuing = await this.issuer(pem);
    const { lists } = await facts(pem);
    assert.ok(lists.some((url) => url.endsWith("-delta.crl")) && lists.some((url) => !url.endsWith("-delta.crl")), lists.join(" "));
    const args = ["verify", "-x509_strict", "-crl_check", "-extended_crl", "-use_deltas", "-CAfile", this.root, "-untrusted", issuing];
    for (const [place, url] of [...new Set(lists)].entries()) {
      const der = await fetched(url, this.path(`${place}.crl`));
      const list = this.path(`${place}.crl.pem`);
      await run("openssl", ["crl", "-inform", "DER", "-in", der, "-out", list]);
      args.push("-CRLfile", list);
    }
    return ask("openssl", [...args, pem]);
  }

  /** Waits until the lists revoke it; a minute is promised. */
  async revokedByLists(pem) {
    let said;
    for (let turn = 0; turn < 60; turn += 1) {
      said = await this.verify(pem);
      if (!said.ok && said.text.includes("certificate revoked")) return;
      await pause(1000);
    }
    assert.fail(`no list revokes it within a minute: ${said.text}`);
  }

  /** `good`, or `revoked: superseded`. */
  async ocsp(pem) {
    const issuing = await this.issuer(pem);
    const { ocsp } = await facts(pem);
    const { ok, text } = await ask("openssl", ["ocsp", "-url", ocsp, "-issuer", issuing, "-cert", pem, "-CAfile", this.root, "-verify_other", issuing, "-timeout", "20"]);
    assert.ok(ok && text.includes("Response verify OK"), text);
    const status = text.match(/\.pem: (\w+)/)?.[1];
    const reason = text.match(/Reason: (\w+)/)?.[1];
    return reason === undefined ? status : `${status}: ${reason}`;
  }
}

/** The certificate of an old key file. */
export async function certificateOf(file, password, target) {
  await mkdir(path.dirname(target), { recursive: true });
  const modern = await ask("openssl", ["pkcs12", "-in", file, "-passin", `pass:${password}`, "-nokeys", "-clcerts", "-out", target]);
  if (!modern.ok) await run("openssl", ["pkcs12", "-legacy", "-in", file, "-passin", `pass:${password}`, "-nokeys", "-clcerts", "-out", target]);
  return target;
}

/** What the responder says of each key file of a person: serial number to answer. */
export async function standings(demo, person) {
  const folder = path.join(demo.folder, "standings");
  const verifier = new Verifier(folder, demo.root);
  const answers = new Map();
  for (const [place, file] of person.files.entries()) {
    const pem = await certificateOf(file, person.password, path.join(folder, `${place}.pem`));
    const serial = (await facts(pem)).serial.toLowerCase().padStart(40, "0");
    answers.set(serial, await verifier.ocsp(pem));
  }
  return answers;
}
