// How long `tanba serve` takes to answer after its start, and how much memory it holds when nothing happens.
// node scripts/bench-serve.mjs PROGRAM
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, get } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";

const program = path.resolve(process.argv[2]);
const folder = mkdtempSync(path.join(tmpdir(), "tanba-bench-"));
const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});
const pages = await freePort();
const machines = await freePort();
const passphrase = path.join(folder, "passphrase");
const home = path.join(folder, "tanba");
execFileSync(program, [
  "init", "--folder", home, "--origin", `http://localhost:${pages}`, "--public-url", `http://localhost:${machines}`,
  "--passphrase-file", passphrase,
], { stdio: ["ignore", "ignore", "inherit"] });
const file = path.join(home, "tanba.toml");
writeFileSync(file, readFileSync(file, "utf8")
  .replace(/^#?listen = .*$/m, `listen = "127.0.0.1:${pages}"`)
  .replace(/^#?machines = .*$/m, `machines = "127.0.0.1:${machines}"`));

const alive = () => new Promise((resolve) => {
  get(`http://127.0.0.1:${machines}/health/live`, (response) => {
    response.resume();
    resolve(response.statusCode === 200);
  }).on("error", () => resolve(false));
});
const memory = (pid) => {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(status.match(/^VmRSS:\s+(\d+) kB$/m)[1]) / 1024;
};

const starts = [];
const memories = [];
for (let turn = 0; turn < 7; turn += 1) {
  const begun = performance.now();
  const child = spawn(program, ["serve", "--config", file], { stdio: "ignore" });
  while (!(await alive())) await new Promise((resolve) => setTimeout(resolve, 2));
  starts.push(performance.now() - begun);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  memories.push(memory(child.pid));
  const ended = new Promise((resolve) => child.on("exit", resolve));
  child.kill("SIGTERM");
  await ended;
}
rmSync(folder, { recursive: true, force: true });
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
console.log(JSON.stringify({ start_ms: starts, start_median_ms: median(starts), idle_mib: memories, idle_median_mib: median(memories) }));
