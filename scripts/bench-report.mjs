// Prints docs/benchmarks.md from what scripts/bench.sh measured. With the word `agent`: writes the agent's section alone anew
// where it stands, from what scripts/bench-agent.sh measured.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import path from "node:path";

const folder = path.resolve(import.meta.dirname, "../target/bench");
const read = (name) => {
  const file = path.join(folder, `${name}.json`);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
};
const number = (value, digits = 1) => Number(value).toFixed(digits);
const verdict = (met) => (met === null ? "not measured long enough" : met ? "met" : "**missed**");
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
const agent = read("agent");
const rustc = execFileSync("rustc", ["--version"]).toString().trim();
const machine = `Machine: ${cpus().length} processors, ${cpus()[0].model.trim()}; ${rustc}.`;

/** What the agent costs, as a section of its own: it is measured apart, on the program of its package. */
function ofTheAgent() {
  const target = (what, wanted, measured, met) => `| ${what} | ${wanted} | ${measured} | ${verdict(met)} |`;
  const first = agent.first_octet_milliseconds;
  const large = agent.large_milliseconds;
  const size = agent.stripped_octets / 1_000_000;
  const rate = (name, many) =>
    target(`${agent.documents} small documents in one request with one entry, ${name}: share of what the key signs alone`, "0.80", number(many.share, 2), many.share >= 0.8);
  const rates = (name, many) =>
    `${name} signs ${number(many.raw_per_second, 0)} a second alone and ${number(many.documents_per_second, 0)} documents a second through the agent`;
  return [
    "## The agent",
    "",
    machine,
    "",
    "| What | Target | Measured | |",
    "|---|---|---|---|",
    target(`first octet on the socket after the start of the program, median of ${first.of}`, "50 ms", `${number(first.median)} ms`, first.median < 50),
    target("idle memory without a dialog, eleven sites connected, most of all starts", "25 MB", `${number(agent.idle_memory_mib * 1.048576)} MB`, agent.idle_memory_mib * 1.048576 < 25),
    target("program, stripped, with window and typeface", "15 MB", `${number(size)} MB`, size < 15),
    rate("a file", agent.many),
    rate("a token in software", agent.many_by_a_token),
    target(`a document of ${agent.large_mib} MiB signed detached, median of ${large.of}`, "2000 ms", `${number(large.median, 0)} ms`, large.median < 2000),
    "",
    `\`scripts/bench-agent.sh\`, on the program of the package. The first octet is that of the greeting: start of the program, TLS`,
    `and the switch of protocols are before it; the slowest start took ${number(first.worst)} ms. Memory is VmRSS. Rates are medians of ${agent.many.rounds}`,
    `turns of both in one run, with the same RSA-2048 key, signed as CMS, over the socket: ${rates("the key of a file", agent.many)};`,
    `${rates("that of the token", agent.many_by_a_token)}. The large document lies in a file; the slowest of ${large.of} took ${number(large.worst, 0)} ms.`,
  ];
}

if (process.argv[2] === "agent") {
  const page = path.resolve(import.meta.dirname, "../docs/benchmarks.md");
  // From its heading to the next, or to the end.
  const others = readFileSync(page, "utf8").replace(/^## The agent\n(?:(?!## ).*\n)*/mu, "").trimEnd();
  writeFileSync(page, `${others}\n\n${ofTheAgent().join("\n")}\n`);
  process.exit();
}

const lines = [
  "# Benchmarks",
  "",
  "Written by `make bench`; every figure is of the release program on the machine named below, run alone. Benchmarks",
  "measure; no test asserts a time.",
  "",
  machine,
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
    `  key by as many threads, the greater of what was seen before and after a round, for as long as that took; resident memory ${number(run.resident_mib_at_start)} MiB before, ${number(run.resident_mib_at_tenth)} MiB`,
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
if (agent) lines.push("", ...ofTheAgent());
console.log(lines.join("\n"));
