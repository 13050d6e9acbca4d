// Loads a compiled module of the pages.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

export function load(name) {
  return import(pathToFileURL(join(process.env.TANBA_WEB_TESTS, `${name}.js`)).href);
}
