/** What depends on the packages alone is made once, and kept beside them. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

import { version } from "pyodide";

/** Where Pyodide is installed. */
export const PYODIDE = dirname(createRequire(import.meta.url).resolve("pyodide/package.json"));
const FOLDER = join(PYODIDE, "..", ".cache", "gradschool");

/**
 * @param {string} name
 * @param {unknown} how what else it depends on
 * @param {() => Uint8Array | string | Promise<Uint8Array | string>} make
 */
export async function kept(name, how, make) {
  const hash = createHash("sha256").update(JSON.stringify([version, how])).digest("hex");
  const path = join(FOLDER, `${name}-${hash.slice(0, 16)}`);
  if (!existsSync(path)) {
    const half = `${path}.${process.pid}`;
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(half, await make());
    renameSync(half, path);
  }
  return readFileSync(path);
}
