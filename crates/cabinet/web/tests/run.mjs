// Compiles the scripts as they are and runs the tests that need no browser.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const tests = dirname(fileURLToPath(import.meta.url));
const web = resolve(tests, "..");
const target = resolve(web, "../../../target");
const out = join(target, "web-tests");

function run(...parts) {
  const { status } = spawnSync(process.execPath, parts, { stdio: "inherit", env: { ...process.env, TANBA_WEB_TESTS: out } });
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync(join(target, "assets-work/wasm/keystore.js"))) {
  console.error("the key module is missing: run scripts/build-assets.sh first");
  process.exit(1);
}
mkdirSync(out, { recursive: true });
run(join(web, "node_modules/typescript/bin/tsc"), "-p", join(web, "tsconfig.json"), "--outDir", out);
cpSync(join(target, "assets-work/wasm"), out, { recursive: true });
writeFileSync(join(out, "package.json"), '{"type":"module"}\n');
const files = readdirSync(tests).filter((name) => name.endsWith(".test.mjs"));
run("--test", ...files.map((name) => join(tests, name)));
