// The agent of a person: tokens in software, answers from a file, and a browser that trusts this agent's authority.
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { root, run } from "./harness.mjs";

export const agentProgram = process.env.TANBA_AGENT_BIN ?? path.join(root, "target/debug/tanba-agent");
export const PIN = "12345678";
export const NEW_PIN = "73519064";

/** Kinds of tokens of the list, by the label of the token that stands for each. */
export const KINDS = {
  AKKaztokenStore: "kaztoken",
  AKJaCartaStore: "jacarta",
  AKEToken72KStore: "etoken",
  AKKZIDCardStore: "id-card",
};

const driver = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib64/libsofthsm2.so"]
  .find((file) => existsSync(file));

/** A port that nobody listens at. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The computer of a person: a home folder, tokens, and an agent that may run or not. */
export class Computer {
  static async make({ port, site }) {
    const home = await mkdtemp(path.join(tmpdir(), "tanba-home-"));
    const computer = new Computer();
    Object.assign(computer, { home, port, data: path.join(home, "agent"), child: null, log: "" });
    const tokens = path.join(home, "tokens");
    await mkdir(tokens);
    await mkdir(computer.data);
    const settings = path.join(home, "softhsm2.conf");
    await writeFile(settings, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`);
    computer.env = { ...process.env, HOME: home, SOFTHSM2_CONF: settings, XDG_RUNTIME_DIR: home };
    const kinds = Object.entries(KINDS).map(([storage, label]) => `[[tokens.kind]]\nlabel = "${label}"\nstorage = "${storage}"\n`);
    await writeFile(
      path.join(computer.data, "agent.toml"),
      `port = ${port}\n[origins]\ninsecure = ["${site}"]\n[time-stamp]\nurl = ""\n` +
        `[tokens]\nmodules = ["${driver}"]\np11-kit = false\nwell-known = false\n${kinds.join("")}`,
    );
    return computer;
  }

  async plugIn(label) {
    const args = ["--init-token", "--free", "--label", label, "--so-pin", "87654321", "--pin", PIN];
    await run("softhsm2-util", args, { env: this.env });
  }

  /** Starts the agent; its owner uses these PINs, by kind of token, and says yes unless `decisions` begin otherwise. */
  async start({ pins = {}, decisions = [] } = {}) {
    const containers = Object.entries(KINDS).map(([storage, label]) => ({
      storage, container: label, password: pins[storage] ?? PIN, "new-password": NEW_PIN,
    }));
    const [last, ...others] = containers;
    const script = path.join(this.home, "script.json");
    await writeFile(script, JSON.stringify({ ...last, others, decisions, then: "choose" }));
    const child = spawn(agentProgram, ["--data", this.data, "run", "--ui", `script:${script}`], {
      env: this.env, stdio: ["ignore", "ignore", "pipe"],
    });
    this.child = child;
    await new Promise((resolve, reject) => {
      child.stderr.on("data", (data) => {
        this.log += data;
        if (String(data).includes("the agent listens")) resolve();
      });
      child.on("exit", (code) => reject(new Error(`the agent ended with ${code}: ${this.log}`)));
    });
    await this.trust();
  }

  /** The browsers of this home trust the agent from now on. */
  async trust() {
    if (existsSync(path.join(this.home, ".local/share/pki/nssdb"))) return;
    await run(agentProgram, ["--data", this.data, "install"], { env: this.env });
  }

  async stop() {
    const { child } = this;
    this.child = null;
    if (child === null) return;
    child.removeAllListeners("exit");
    const ended = new Promise((resolve) => child.on("exit", resolve));
    child.kill("SIGTERM");
    await ended;
  }

  async restart(choices) {
    await this.stop();
    await this.start(choices);
  }

  /** What another program sees in a token. */
  async objects(label, pin) {
    const args = ["--module", driver, "--token-label", label, "--login", "--pin", pin, "--list-objects"];
    return (await run("pkcs11-tool", args, { env: this.env })).stdout;
  }

  /** Puts the keys of files into a token, each with its certificate, as somebody does who moves them there. */
  async put(label, files, password) {
    for (const [place, file] of files.entries()) {
      const id = `0${place + 1}`;
      const [key, certificate] = ["key.pem", "certificate.der"].map((name) => path.join(this.home, name));
      const opened = ["pkcs12", "-in", file, "-passin", `pass:${password}`];
      const pem = (await run("openssl", [...opened, "-nodes", "-nocerts"], { env: this.env })).stdout;
      await writeFile(key, pem.slice(pem.indexOf("-----BEGIN")));
      const own = (await run("openssl", [...opened, "-nokeys", "-clcerts"], { env: this.env })).stdout;
      await writeFile(`${certificate}.pem`, own.slice(own.indexOf("-----BEGIN")));
      await run("openssl", ["x509", "-in", `${certificate}.pem`, "-outform", "DER", "-out", certificate], { env: this.env });
      await run("softhsm2-util", ["--import", key, "--token", label, "--label", id, "--id", id, "--pin", PIN], { env: this.env });
      const write = ["--module", driver, "--token-label", label, "--login", "--pin", PIN, "--write-object", certificate];
      await run("pkcs11-tool", [...write, "--type", "cert", "--id", id], { env: this.env });
      await rm(key);
    }
  }

  /** What the agent says of itself at the command line. */
  async doctor() {
    const told = await run(agentProgram, ["--data", this.data, "--lang", "kk", "doctor"], { env: this.env }).catch((error) => error);
    return told.stdout;
  }

  async grants() {
    return readFile(path.join(this.data, "grants.toml"), "utf8").catch(() => "");
  }

  async remove() {
    await this.stop();
    await rm(this.home, { recursive: true, force: true, maxRetries: 5 });
  }
}
