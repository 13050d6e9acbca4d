// The check digit of the individual identification number, as the pages look at it before anything is sent.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./modules.mjs";

const { iinFault } = await load("iin");

test("the first row of weights tells the digit, and no other digit passes", () => {
  for (const digit of "0123456789") {
    assert.equal(iinFault(`85010130012${digit}`), digit === "4" ? null : "iin-check-digit");
  }
});

test("where the first row gives ten the second one tells", () => {
  for (const digit of "0123456789") {
    assert.equal(iinFault(`85010100071${digit}`), digit === "1" ? null : "iin-check-digit");
  }
});

test("where both rows give ten there is no such number", () => {
  for (const digit of "0123456789") assert.equal(iinFault(`85010100070${digit}`), "iin-check-digit");
});

test("blanks between the digits are passed over", () => {
  for (const text of ["850101 300124", " 850101300124 ", "8501 0130 0124", "850101\u00a0300124", "850101\t300124\n"]) {
    assert.equal(iinFault(text), null, JSON.stringify(text));
  }
});

test("what is no twelve digits is told from a wrong digit", () => {
  for (const text of ["", " ", "85010130012", "8501013001244", "85010130012x", "8501o1300124", "-85010130012", "850101.00124", "٨٥٠١٠١٣٠٠١٢٤"]) {
    assert.equal(iinFault(text), "iin-form", JSON.stringify(text));
  }
});
