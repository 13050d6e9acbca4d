// How long `tanba person import` takes for a long list, and how much memory it needs at most: one list without a fault, one
// with a wrong line near its end, which is refused and then read with --skip-bad.
// node scripts/bench-import.mjs PROGRAM [LINES]
import { execFileSync, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const program = path.resolve(process.argv[2]);
const lines = Number(process.argv[3] ?? 1_000_000);
const folder = mkdtempSync(path.join(tmpdir(), "tanba-bench-"));

/** The twelfth digit of a personal number, or undefined where eleven digits have none. */
function checkDigit(digits) {
  const sum = (shift) => digits.reduce((total, digit, place) => total + digit * (((place + shift) % 11) + 1), 0) % 11;
  const first = sum(0);
  const check = first < 10 ? first : sum(2);
  return check < 10 ? check : undefined;
}

/** Personal numbers, one after the other, each once. */
function* numbers() {
  for (let day = 0; ; day += 1) {
    const date = new Date(Date.UTC(1950, 0, 1 + day)).toISOString().slice(2, 10).replaceAll("-", "");
    for (let serial = 0; serial < 1000; serial += 1) {
      const text = `${date}3${String(serial).padStart(4, "0")}`;
      const check = checkDigit([...text].map(Number));
      if (check !== undefined) yield `${text}${check}`;
    }
  }
}

/** Writes a list; `wrong` is the line, counted as a person does, whose number has a wrong check digit. */
function write(file, wrong) {
  const descriptor = openSync(file, "w");
  let part = "iin,surname,given_name,patronymic,email,language\n";
  let line = 2;
  for (const number of numbers()) {
    if (line > lines + 1) break;
    const iin = line === wrong ? `${number.slice(0, 11)}${(Number(number[11]) + 1) % 10}` : number;
    part += `${iin},Сағынтаева,Әйгерім,Нұрланқызы,p${line}@example.kz,kk\n`;
    line += 1;
    if (part.length > 1 << 20) {
      writeSync(descriptor, part);
      part = "";
    }
  }
  writeSync(descriptor, part);
  closeSync(descriptor);
}

/** Runs a command: seconds, the most memory, exit code, what was said. */
async function run(args) {
  const begun = performance.now();
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let [said, complaint, peak] = ["", "", 0];
  child.stdout.on("data", (data) => { said += data; });
  child.stderr.on("data", (data) => { complaint += data; });
  const watch = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      peak = Math.max(peak, Number(status.match(/^VmHWM:\s+(\d+) kB$/m)?.[1] ?? 0) / 1024);
    } catch { /* it has ended */ }
  }, 10);
  const code = await new Promise((resolve) => child.on("close", resolve));
  clearInterval(watch);
  return { seconds: (performance.now() - begun) / 1000, peak_mib: peak, code, said, complaint };
}

function init(name) {
  const home = path.join(folder, name);
  execFileSync(program, [
    "init", "--folder", home, "--origin", "https://cabinet.invalid", "--public-url", "http://pki.invalid",
    "--passphrase-file", path.join(folder, `${name}-passphrase`),
  ], { stdio: ["ignore", "ignore", "inherit"] });
  return path.join(home, "tanba.toml");
}

const expect = (what, is) => {
  if (!is) throw new Error(`it is not so that ${what}`);
};
const good = path.join(folder, "good.csv");
const bad = path.join(folder, "bad.csv");
const wrong = Math.floor(lines * 0.9);
write(good);
write(bad, wrong);
const entered = (result) => JSON.parse(result.said).entered;
const facts = ({ seconds, peak_mib: peak }) => ({ seconds, peak_mib: peak });
const whole = await run(["--json", "person", "import", good, "--config", init("whole")]);
expect("all lines are entered", whole.code === 0 && entered(whole) === lines);
const second = init("faulty");
const refused = await run(["--json", "person", "import", bad, "--config", second]);
expect("the wrong line is named", refused.code === 1 && `${refused.said}${refused.complaint}`.includes(`line ${wrong}`));
const skipped = await run(["--json", "person", "import", bad, "--skip-bad", "--config", second]);
expect("nobody was entered before, and all but one now", entered(skipped) === lines - 1);
rmSync(folder, { recursive: true, force: true });
console.log(JSON.stringify({ lines, whole: facts(whole), refused: facts(refused), skipped: facts(skipped) }));
