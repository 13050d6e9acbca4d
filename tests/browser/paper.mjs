// What a scanner reads on a printed page.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import jsQR from "jsqr";
import { run } from "./harness.mjs";

/** The text of the QR code on the first page of a PDF, drawn as a scanner would see it. */
export async function codeOnPaper(pdf) {
  const folder = await mkdtemp(path.join(tmpdir(), "tanba-paper-"));
  try {
    await run("pdftoppm", ["-r", "150", "-f", "1", "-l", "1", "-singlefile", pdf, path.join(folder, "page")]);
    const { pixels, width, height } = portableMap(await readFile(path.join(folder, "page.ppm")));
    const found = jsQR(pixels, width, height);
    if (found === null) throw new Error("no QR code can be read on the page");
    return found.data;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A portable pixmap (P6, 8 bits) as red, green, blue, alpha. */
function portableMap(bytes) {
  const [head, width, height] = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(bytes.subarray(0, 40).toString("latin1"));
  const pixels = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let place = 0, from = head.length; place < width * height; place += 1, from += 3) pixels.set(bytes.subarray(from, from + 3), place * 4);
  return { pixels, width: Number(width), height: Number(height) };
}
