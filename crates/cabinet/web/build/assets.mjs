// Compiles scripts and styles and lays everything into one folder, under names that carry the digest of the content.
//
//   node build/assets.mjs WORK OUT
//
// WORK holds the output of the earlier steps: `wasm/` (keystore.js, keystore_bg.wasm). OUT is replaced as a whole.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as sass from "sass";

const web = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const [work, out] = process.argv.slice(2).map((path) => resolve(path));
if (work === undefined || out === undefined) {
  console.error("usage: node build/assets.mjs WORK OUT");
  process.exit(2);
}

/** Plain names and contents of everything that is served. */
const sources = new Map();

compileScripts();
addFolder(join(work, "js"), ".js");
addFolder(join(work, "wasm"), ".js", ".wasm");
sources.set("style.css", Buffer.from(compileStyle()));
addFolder(join(web, "images"), ".svg", ".png", ".ico");
addPictures();

const hashed = new Map();
for (const name of sources.keys()) hash(name, []);
writeAll();
report();

function compileScripts() {
  rmSync(join(work, "js"), { recursive: true, force: true });
  const compiler = join(web, "node_modules", "typescript", "bin", "tsc");
  const run = spawnSync(process.execPath, [compiler, "-p", join(web, "tsconfig.json"), "--outDir", join(work, "js")], {
    stdio: "inherit",
  });
  // The compiler has said what is wrong.
  if (run.status !== 0) process.exit(1);
}

function compileStyle() {
  const result = sass.compile(join(web, "styles", "style.scss"), {
    style: "compressed",
    loadPaths: [join(web, "node_modules")],
    quietDeps: true,
  });
  return result.css;
}

function addFolder(folder, ...extensions) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isFile() || !extensions.includes(extname(entry.name))) continue;
    if (sources.has(entry.name)) throw new Error(`two assets are called ${entry.name}`);
    sources.set(entry.name, readFileSync(join(folder, entry.name)));
  }
}

/** The pictures of the guide: those of `docs/screens` that its articles and its steps name, in each language. */
function addPictures() {
  const guide = join(web, "..", "guide");
  const figures = readFileSync(join(guide, "steps.pictures"), "utf8").trim().split("\n").map((line) => line.split(" ")[1]);
  for (const article of readdirSync(guide)) {
    const figure = /^figure = "([\w-]+)"$/m.exec(readFileSync(join(guide, article), "utf8"))?.[1];
    if (figure !== undefined) figures.push(figure);
  }
  for (const figure of new Set(figures)) {
    for (const language of ["kk", "ru", "en"]) {
      const picture = join(web, "..", "..", "..", "docs", "screens", language, `${figure}.webp`);
      sources.set(`guide-${language}-${figure}.webp`, readFileSync(picture));
    }
  }
}

/** Gives an asset its final content and name; the assets that it names come first. */
function hash(name, path) {
  const known = hashed.get(name);
  if (known !== undefined) return known.name;
  if (path.includes(name)) throw new Error(`modules import each other in a circle: ${[...path, name].join(" → ")}`);
  let content = sources.get(name);
  if (extname(name) === ".js") {
    const text = content.toString("utf8").replace(/(["'])(?:\.\/)?([\w-]+\.(?:js|wasm))\1/g, (whole, quote, target) =>
      sources.has(target) && target !== name ? `${quote}./${hash(target, [...path, name])}${quote}` : whole,
    );
    content = Buffer.from(text);
  }
  const digest = createHash("sha256").update(content).digest("hex").slice(0, 12);
  const extension = extname(name);
  const final = `${basename(name, extension)}.${digest}${extension}`;
  hashed.set(name, { name: final, content });
  return final;
}

function writeAll() {
  const fresh = `${out}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(fresh, { recursive: true });
  const manifest = {};
  for (const [plain, { name, content }] of [...hashed].sort(([a], [b]) => (a < b ? -1 : 1))) {
    manifest[plain] = name;
    writeFileSync(join(fresh, name), content);
    if ([".png", ".webp"].includes(extname(name))) continue;
    const text = extname(name) !== ".wasm";
    const brotli = brotliCompressSync(content, {
      params: {
        [constants.BROTLI_PARAM_MODE]: text ? constants.BROTLI_MODE_TEXT : constants.BROTLI_MODE_GENERIC,
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
        [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
      },
    });
    writeFileSync(join(fresh, `${name}.br`), brotli);
    writeFileSync(join(fresh, `${name}.gz`), gzipSync(content, { level: 9 }));
    hashed.get(plain).brotli = brotli.length;
  }
  writeFileSync(join(fresh, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  rmSync(out, { recursive: true, force: true });
  renameSync(fresh, out);
}

function report() {
  let wasm = 0;
  let rest = 0;
  for (const [plain, { content, brotli }] of hashed) {
    if (extname(plain) === ".wasm") wasm += brotli ?? content.length;
    else rest += brotli ?? content.length;
  }
  const kilobytes = (octets) => `${(octets / 1000).toFixed(1)} KB`;
  console.log(`tanba: assets: WASM ${kilobytes(wasm)}, all else ${kilobytes(rest)} (Brotli)`);
}
