/**
 * Makes the page of a course: `node build.mjs INPUTS TARGET`.
 *
 * INPUTS is a folder that gradschool writes: course.json, course.zip (what goes into Python's file system), the lecture,
 * and licences.json. What stands in the page is bundled, Python's memory is frozen with the course imported, and all of
 * it is written into one file. Asks for nothing from the network.
 */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { bundle } from "./bundling/bundle.mjs";
import { freeze } from "./bundling/freeze.mjs";
import { PYODIDE, kept } from "./bundling/kept.mjs";
import { rendered } from "./bundling/lecture.mjs";
import { listed } from "./bundling/licences.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const [inputs, target] = process.argv.slice(2);
const read = (name) => readFileSync(join(inputs, name));
const course = JSON.parse(read("course.json"));

const [scripts, frozen] = await Promise.all([bundle(here), freeze(read("course.zip"))]);
const script = scripts.page.trim();
const parts = {
  worker: packed(scripts.worker),
  wasm: await kept("wasm", "", () => packed(readFileSync(join(PYODIDE, "pyodide.asm.wasm")))),
  memory: packed(frozen.memory),
  library: packed(readFileSync(join(PYODIDE, "python_stdlib.zip"))),
  course: packed(read("course.zip")),
  pictures: packed(scripts.pictures),
};

/** @param {string} text */
function hash(text) {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

// The student's page, which stands in a frame, has a script of its own.
const policy = [
  "default-src 'none'", "style-src 'unsafe-inline'", "img-src data: blob:", "base-uri 'none'",
  "form-action 'none'", "worker-src blob: 'self'",
  `script-src ${hash(script)} '${course.reportScript}' blob: 'wasm-unsafe-eval'`,
].join("; ");

const filled = {
  policy,
  title: escaped(course.title),
  package: escaped(course.package),
  style: readFileSync(join(here, "style.css"), "utf8"),
  lecture: rendered(inputs, course.lecture),
  licences: listed(scripts.packages, JSON.parse(read("licences.json"))),
  course: JSON.stringify({ ...course.page, stubs: frozen.stubs, items: frozen.items, folders: frozen.folders }).replaceAll("<", "\\u003c"),
  script,
  parts: Object.entries(parts).map(([id, content]) => `<script type="text/plain" id="part-${id}">${content}</script>`).join("\n"),
};
const template = readFileSync(join(here, "page.html"), "utf8");
const page = template.replace(/\{\{(\w+)\}\}/g, (_, name) => filled[name]);
writeFileSync(target, page);

/** @param {string | Uint8Array} content */
function packed(content) {
  return gzipSync(content).toString("base64");
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
