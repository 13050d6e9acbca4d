// Writes docs/benchmarks.md from what scripts/bench.sh measured.
import { existsSync, readFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import path from "node:path";

const folder = path.resolve(import.meta.dirname, "../target/bench");
const read = (name) => {
  const file = path.join(folder, `${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
};
const number = (value, digits = 1) => Number(value).toFixed(digits);
const verdict = (met) => (met ? "met" : "**missed**");
const renewal = read("renewal");
const serve = read("serve");
const browser = read("browser");
const rsa = read("issue");
const p256 = read("issue-p256");
const few = read("issue-few");
const many = read("issue-many");
const keys = read("keys");
const recover = read("recover");
const cabinet = read("cabinet");
const reminders = read("reminders");
const lookup = read("lookup");
const list = read("import");
const rustc = execFileSync("rustc", ["--version"]).toString().trim();

const lines = [
  "# Benchmarks",
  "",
  "Written by `make bench`; every figure is of the release program on the machine named below, run alone. Benchmarks",
  "measure; no test asserts a time.",
  "",
  `Machine: ${cpus().length} processors, ${cpus()[0].model.trim()}; ${rustc}.`,
  "",
  "## Targets",
  "",
  "| What | Target | Measured | |",
  "|---|---|---|---|",
];
const row = (what, target, measured, met) => lines.push(`| ${what} | ${target} | ${measured} | ${verdict(met)} |`);
if (renewal) {
  const ms = renewal.without_commits.median_ms;
  row("server side of one renewal without its durable commits, median", "30 ms", `${number(ms)} ms`, ms < 30);
}
if (serve) {
  row("start of `tanba serve` until it answers, median of 7", "300 ms", `${number(serve.start_median_ms, 0)} ms`, serve.start_median_ms < 300);
  row("idle memory of `tanba serve` (resident), median of 7", "40 MiB", `${number(serve.idle_median_mib)} MiB`, serve.idle_median_mib < 40);
}
if (rsa) row("durable issuance, RSA-2048 issuer, share of what the processors could sign at most", "0.45", number(rsa.share_of_roof, 2), rsa.met);
if (p256) row("durable issuance, P-256 issuer, certificates a second on two processors", "4000", number(p256.certificates_per_second, 0), p256.met);
if (few && many) {
  // How the certificates came there: crates/cli/src/commands/bench/stock.rs.
  const kept = many.certificates_per_second / few.certificates_per_second;
  row(`rate at ${many.stored} stored certificates, share of the rate at ${few.stored}`, "0.9", number(kept, 2), kept >= 0.9);
}
if (p256) {
  // What is grown into at first, the cache of pages, is full by then.
  const grown = p256.resident_mib_at_end / p256.resident_mib_at_half;
  row(`resident memory after ${p256.certificates} certificates, against that after half of them`, "1.1", number(grown, 2), grown < 1.1);
}
if (recover) row(`start after a crash with ${recover.intents} open intents`, "5 s", `${number(recover.seconds)} s`, recover.met);
for (const item of browser?.measurements ?? []) {
  row(item.what, `${item.target} ${item.unit}`, `${item.measured} ${item.unit}`, item.met);
}
if (cabinet) {
  const slowest = cabinet.pages.reduce((a, b) => (a.p99_ms > b.p99_ms ? a : b));
  row(`slowest page of the cabinet beside ${cabinet.persons} people (\`${slowest.path}\`), 99 %`, `${cabinet.target_ms} ms`, `${number(slowest.p99_ms)} ms`, cabinet.met);
}
if (cabinet?.desk) {
  const slowest = cabinet.desk.reduce((a, b) => (a.p99_ms > b.p99_ms ? a : b));
  row(`queue of a registration centre with ${cabinet.queue} applications (\`${slowest.path}\`), 99 %`, `${cabinet.queue_target_ms} ms`, `${number(slowest.p99_ms)} ms`, cabinet.queue_met);
}
if (reminders) {
  row(`run of reminders over ${reminders.certificates} certificates, all due`, `${reminders.target_seconds} s`, `${number(reminders.seconds)} s`, reminders.met);
}
lines.push("");
const missed = (browser?.measurements ?? []).filter((item) => !item.met);
if (missed.length > 0) {
  lines.push("## Missed, and why", "");
  for (const item of missed) lines.push(`- ${item.what}: ${item.why ?? "not yet explained"}`);
  lines.push("");
}
lines.push("## How it was measured", "");
if (renewal) {
  lines.push(
    `- **Renewal**: \`tanba bench renewal --count ${renewal.renewals}\`: sign-in to installed keys through the use cases on a`,
    `  temporary SQLite file, RSA-2048 issuer. ${number(renewal.commits_a_renewal)} durable commits take a median of ${number(renewal.commits.median_ms)} ms together and are`,
    `  counted apart; HTTP is not in it. 95 % stay under ${number(renewal.without_commits.p95_ms)} ms. Roof in the same run: ${number(renewal.roof.signatures_per_second_and_thread, 0)} RSA-2048`,
    "  signatures a second and thread.",
  );
}
const issuing = (run) => {
  if (!run) return;
  lines.push(
    `- **Issuing**, ${run.key} issuer, ${run.stored} certificates stored before: \`tanba bench issue\`: ${run.certificates} certificates by ${run.threads} threads through the whole cycle`,
    `  (lints, two durable commits, evidence, notice): ${number(run.certificates_per_second, 0)} a second; ${number(run.certificates_a_commit)} certificates a commit, ${number(run.processor_ms_a_certificate, 2)} ms of processors each; ${number(run.roof_per_second, 0)} signatures a second of such a`,
    `  key by all processors, looked at between the rounds; resident memory ${number(run.resident_mib_at_start)} MiB before, ${number(run.resident_mib_at_tenth)} MiB`,
    `  after a tenth of them, ${number(run.resident_mib_at_half)} MiB after half, ${number(run.resident_mib_at_end)} MiB after all.`,
  );
};
[rsa, p256, few, many].forEach(issuing);
if (recover) lines.push(`- **Recovery**: \`tanba bench recover\`: ${recover.intents} open intents of an ${recover.key} issuer are signed and stored: ${number(recover.seconds)} s.`);
if (keys) {
  lines.push(
    `- **Keys**: \`tanba bench keys --count ${keys.moduli}\`: the nightly look over all keys, from the beginning: ${keys.moduli} RSA moduli of 2048 bits in`,
    `  ${number(keys.seconds, 0)} s: ${number(keys.alone_seconds, 0)} s each alone, ${number(keys.against_each_other_seconds, 0)} s all against each other for common factors, on one processor; the longest step`,
    `  took ${number(keys.longest_step_seconds)} s; the ${keys.planted} moduli with a common factor were ${keys.met ? "found, and no other" : "**not found**"}; resident memory ${number(keys.resident_mib_at_start)} MiB before, ${number(keys.resident_mib_at_end)} MiB after.`,
    "  The moduli are products of 32 primes of 64 bits, which arithmetic takes as long for as for two of 1024.",
  );
}
if (serve) lines.push("- **Server**: `scripts/bench-serve.mjs`: a fresh installation, started seven times; memory is VmRSS three seconds after the start.");
if (browser) lines.push(`- **Browser**: \`tests/browser/speed.mjs\` in ${browser.browser ?? "headless Chromium"}; ${browser.method ?? "medians"}.`);
if (cabinet) {
  lines.push(
    `- **Pages**: \`tanba bench cabinet\`: a database of ${cabinet.persons} people with a certificate each, made in ${number(cabinet.fill_seconds, 0)} s; each page`,
    `  ${cabinet.rounds} times over HTTP on this machine, compressed, one after the other:`,
    "",
    "| Page | median | 99 % | longest | octets |",
    "|---|---|---|---|---|",
    ...[...cabinet.pages, ...(cabinet.desk ?? [])].map((page) => `| \`${page.path}\` | ${number(page.median_ms, 2)} ms | ${number(page.p99_ms, 2)} ms | ${number(page.longest_ms, 2)} ms | ${page.octets} |`),
    "",
  );
}
if (reminders) {
  lines.push(
    `- **Reminders**: \`tanba bench reminders\`: every certificate ends within 30 days and one person in three has a telephone: ${reminders.messages}`,
    `  messages in ${number(reminders.seconds)} s, ${reminders.commits} units of work, none longer than ${number(reminders.unit.p95_ms)} ms in 95 %; the next run, with nobody`,
    `  left, takes ${number(reminders.second_run_seconds)} s. A run that is broken off goes on where it was.`,
  );
}
if (list) {
  const told = (what, run) => `${what} ${number(run.seconds)} s, ${number(run.peak_mib)} MiB at most`;
  lines.push(
    `- **Import**: \`scripts/bench-import.mjs\`: \`tanba person import\` of ${list.lines} lines: ${told("without a fault", list.whole)}; with a wrong line`,
    `  near the end, which is named and nobody entered, ${told("", list.refused).trim()}; the same with \`--skip-bad\`, all but one entered,`,
    `  ${told("", list.skipped).trim()}. Memory is VmHWM.`,
  );
}
if (lookup) {
  lines.push(
    `- **Look-ups**: \`tanba bench lookup\`: ${lookup.rounds} requests of each kind, in random order, over HTTP:`,
    "",
    "| Number | median | 95 % |",
    "|---|---|---|",
    ...lookup.kinds.map((kind) => `| ${kind.kind} | ${number(kind.median_ms, 3)} ms | ${number(kind.p95_ms, 3)} ms |`),
    "",
    ...lookup.pairs.map((pair) => `  - ${pair.one} against ${pair.other}: Kolmogorov-Smirnov D = ${number(pair.ks_statistic, 4)}, p = ${number(pair.ks_p_value, 4)}; medians differ by ${number(pair.median_difference_us, 1)} µs (95 % interval ${number(pair.interval_us[0], 1)} to ${number(pair.interval_us[1], 1)})`),
  );
}
console.log(lines.join("\n"));
