// Makes a typeface small for a window: typeface.mjs FROM.ttf TO. Keeps the letters of languages that Latin, Greek and Cyrillic
// are written for, marks, punctuation and signs; other outlines, what substitutes letters and the names of glyphs go. Glyphs keep
// their numbers, so that metrics, kerning and marks are the typeface's own. The result is compressed (RFC 1951).
import { readFileSync, writeFileSync } from "node:fs";
import { deflateRawSync } from "node:zlib";

const KEPT = [
  [0x0020, 0x052f], [0x1c80, 0x1c8f], [0x1e00, 0x1eff], [0x2000, 0x22ff], [0x2500, 0x25ff], [0x2c60, 0x2c7f],
  [0x2de0, 0x2dff], [0xa640, 0xa69f], [0xa720, 0xa7ff], [0xfb00, 0xfb06], [0xfe20, 0xfe2f], [0xfffd, 0xfffd],
];
const DROPPED = ["GSUB", "STAT", "cmap", "glyf", "loca", "post"];

const [from, to] = process.argv.slice(2);
const font = readFileSync(from);

/** The tables by their names (OpenType, "Table Directory"). */
const tables = new Map();
for (let at = 12; at < 12 + font.readUInt16BE(4) * 16; at += 16) {
  const start = font.readUInt32BE(at + 8);
  tables.set(font.toString("latin1", at, at + 4), font.subarray(start, start + font.readUInt32BE(at + 12)));
}

/** Glyphs of the kept characters, from the subtable of format 12 or 4. */
function characters() {
  const cmap = tables.get("cmap");
  const found = new Map();
  const keep = (character, glyph) => {
    if (glyph !== 0 && KEPT.some(([first, last]) => first <= character && character <= last)) found.set(character, glyph);
  };
  for (let record = 0; record < cmap.readUInt16BE(2); record += 1) {
    const part = cmap.subarray(cmap.readUInt32BE(4 + record * 8 + 4));
    if (part.readUInt16BE(0) === 12) {
      for (let at = 16; at < 16 + part.readUInt32BE(12) * 12; at += 12) {
        const first = part.readUInt32BE(at);
        for (let c = first; c <= part.readUInt32BE(at + 4); c += 1) keep(c, part.readUInt32BE(at + 8) + c - first);
      }
    } else if (part.readUInt16BE(0) === 4) {
      const size = part.readUInt16BE(6);
      for (let at = 0; at < size; at += 2) {
        const first = part.readUInt16BE(16 + size + at);
        const delta = part.readUInt16BE(16 + size * 2 + at);
        const place = 16 + size * 3 + at;
        const offset = part.readUInt16BE(place);
        for (let c = first; c <= part.readUInt16BE(14 + at) && c < 0xffff; c += 1) {
          const listed = offset === 0 ? c : part.readUInt16BE(place + offset + (c - first) * 2);
          keep(c, offset !== 0 && listed === 0 ? 0 : (listed + delta) & 0xffff);
        }
      }
    }
  }
  return [...found].sort(([a], [b]) => a - b);
}

/** The outlines of these glyphs and of the ones that they are made of, with their places. */
function outlines(wanted) {
  const [glyf, loca, head] = ["glyf", "loca", "head"].map((name) => tables.get(name));
  const count = tables.get("maxp").readUInt16BE(4);
  const place = (glyph) => (head.readInt16BE(50) === 0 ? loca.readUInt16BE(glyph * 2) * 2 : loca.readUInt32BE(glyph * 4));
  const kept = new Set();
  const open = [0, ...wanted];
  while (open.length > 0) {
    const glyph = open.pop();
    if (kept.has(glyph)) continue;
    kept.add(glyph);
    const outline = glyf.subarray(place(glyph), place(glyph + 1));
    if (outline.length === 0 || outline.readInt16BE(0) >= 0) continue;
    for (let at = 10, flags = 0x20; flags & 0x20; ) {
      flags = outline.readUInt16BE(at);
      open.push(outline.readUInt16BE(at + 2));
      at += 4 + (flags & 1 ? 4 : 2) + (flags & 8 ? 2 : flags & 0x40 ? 4 : flags & 0x80 ? 8 : 0);
    }
  }
  const pieces = [];
  const places = Buffer.alloc((count + 1) * 4);
  let end = 0;
  for (let glyph = 0; glyph < count; glyph += 1) {
    places.writeUInt32BE(end, glyph * 4);
    if (!kept.has(glyph)) continue;
    const outline = glyf.subarray(place(glyph), place(glyph + 1));
    const padding = Buffer.alloc((4 - (outline.length % 4)) % 4);
    pieces.push(outline, padding);
    end += outline.length + padding.length;
  }
  places.writeUInt32BE(end, count * 4);
  return { glyf: Buffer.concat(pieces), loca: places };
}

/** A `cmap` with one subtable of format 12. */
function mapping(characters) {
  const groups = [];
  for (const [character, glyph] of characters) {
    const last = groups.at(-1);
    if (last && last.end + 1 === character && last.glyph + character - last.start === glyph) last.end = character;
    else groups.push({ start: character, end: character, glyph });
  }
  const table = Buffer.alloc(12 + 16 + groups.length * 12);
  table.writeUInt16BE(1, 2);
  table.writeUInt16BE(3, 4);
  table.writeUInt16BE(10, 6);
  table.writeUInt32BE(12, 8);
  table.writeUInt16BE(12, 12);
  table.writeUInt32BE(table.length - 12, 16);
  table.writeUInt32BE(groups.length, 24);
  groups.forEach(({ start, end, glyph }, number) => {
    [start, end, glyph].forEach((value, field) => table.writeUInt32BE(value, 28 + number * 12 + field * 4));
  });
  return table;
}

function checksum(table) {
  let sum = 0;
  for (let at = 0; at < table.length; at += 4) {
    sum = (sum + Buffer.concat([table.subarray(at, at + 4), Buffer.alloc(4)]).readUInt32BE(0)) >>> 0;
  }
  return sum;
}

const mapped = characters();
const { glyf, loca } = outlines(mapped.map(([, glyph]) => glyph));
const head = Buffer.from(tables.get("head"));
head.writeInt16BE(1, 50);
const post = Buffer.from(tables.get("post").subarray(0, 32));
post.writeUInt32BE(0x00030000, 0);
const rest = [...tables].filter(([name]) => !DROPPED.includes(name) && name !== "head");
const all = [...rest, ["head", head], ["cmap", mapping(mapped)], ["glyf", glyf], ["loca", loca], ["post", post]];
all.sort(([a], [b]) => (a < b ? -1 : 1));

const power = 2 ** Math.floor(Math.log2(all.length));
const directory = Buffer.alloc(12 + all.length * 16);
font.copy(directory, 0, 0, 4);
[all.length, power * 16, Math.log2(power), (all.length - power) * 16].forEach((value, field) => directory.writeUInt16BE(value, 4 + field * 2));
const pieces = [directory];
let end = directory.length;
all.forEach(([name, table], number) => {
  const at = 12 + number * 16;
  directory.write(name, at, "latin1");
  directory.writeUInt32BE(checksum(table), at + 4);
  directory.writeUInt32BE(end, at + 8);
  directory.writeUInt32BE(table.length, at + 12);
  const padding = Buffer.alloc((4 - (table.length % 4)) % 4);
  pieces.push(table, padding);
  end += table.length + padding.length;
});
writeFileSync(to, deflateRawSync(Buffer.concat(pieces), { level: 9 }));
