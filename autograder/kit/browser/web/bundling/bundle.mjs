/** The page's scripts, each in one piece, and the packages that they are made of. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { build } from "esbuild";

import { PYODIDE } from "./kept.mjs";

/** @param {string} here the folder of the sources */
export async function bundle(here) {
  const common = { absWorkingDir: here, bundle: true, minify: true, write: false, metafile: true, target: "es2022", logLevel: "error", legalComments: "none" };
  const { info } = JSON.parse(readFileSync(join(PYODIDE, "pyodide-lock.json"), "utf8"));
  const known = { "import.meta.url": '"https://nothing.invalid/"', PYODIDE: JSON.stringify(info) };
  const nodes = ["node:*", "ws"]; // of Pyodide's code for Node
  const [page, worker, pictures] = await Promise.all([
    build({ ...common, entryPoints: ["src/page.js"], format: "iife" }),
    build({ ...common, entryPoints: ["src/python/worker.js"], format: "iife", external: nodes, define: known }),
    build({ ...common, stdin: { contents: 'export { instance } from "@viz-js/viz";', resolveDir: here }, format: "esm" }),
  ]);
  const inputs = [page, worker, pictures].flatMap((each) => Object.keys(each.metafile.inputs));
  return {
    page: page.outputFiles[0].text,
    worker: worker.outputFiles[0].text,
    pictures: pictures.outputFiles[0].text,
    packages: packages(here, inputs),
  };
}

/**
 * The packages that these files belong to: name, version, licence, and where they lie.
 * @param {string} here
 * @param {string[]} inputs
 */
function packages(here, inputs) {
  const folders = new Set();
  for (const input of inputs) {
    const [folder] = /.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? [];
    if (folder) folders.add(join(here, folder));
  }
  const found = [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return { name, version, license, folder };
  });
  return found.sort((one, other) => (one.name < other.name ? -1 : 1));
}
