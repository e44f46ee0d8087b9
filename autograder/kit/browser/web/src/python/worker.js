/**
 * Python, in a Web Worker: it starts from a picture of its memory that was taken when the page was built, with the
 * course imported, and answers one call at a time.
 */

import "./classic.js";

import { unzipSync } from "fflate";
import { loadPyodide } from "pyodide";
// @ts-expect-error It comes without types.
import createPyodideModule from "pyodide/pyodide.asm.mjs";

import { FOLDER } from "./places.js";

/** @typedef {{module: WebAssembly.Module, memory: ArrayBuffer, library: ArrayBuffer, course: ArrayBuffer, folders: string[]}} Parts */
/** @typedef {{id: number, name: string, args: unknown[]}} Call */

const NOWHERE = "https://nothing.invalid/"; // where Pyodide believes that its files are

// @ts-expect-error What Pyodide's list of packages says of itself is filled in when this is bundled.
const LIST = { info: PYODIDE, packages: {} };

const PAGE = 65536; // bytes by which WebAssembly's memory grows
const ROOM = 3000; // calls

/** @type {any} */
let desk;

/**
 * Have what Pyodide asks the network for taken from `parts`; nothing else is ever asked for.
 * @param {Parts} parts
 */
function answerFrom(parts) {
  self.fetch = async (address) => {
    if (String(address).endsWith("python_stdlib.zip")) return new Response(parts.library);
    if (String(address).endsWith(".wasm")) return new Response();
    throw new Error(`${address} is not in this page`);
  };
  WebAssembly.instantiateStreaming = async (_, imports) => {
    const instance = await WebAssembly.instantiate(parts.module, imports);
    const memory = Object.values(instance.exports).find((each) => each instanceof WebAssembly.Memory);
    const lack = parts.memory.byteLength - (memory?.buffer.byteLength ?? 0);
    if (lack > 0) memory?.grow(Math.ceil(lack / PAGE)); // Pyodide writes the picture into what there is
    return { instance, module: parts.module };
  };
}

/**
 * @param {any} python
 * @param {ArrayBuffer} archive
 */
function writeCourse(python, archive) {
  const made = new Set();
  for (const [name, content] of Object.entries(unzipSync(new Uint8Array(archive)))) {
    const folder = `${FOLDER}/${name}`.replace(/\/[^/]*$/, "");
    if (!made.has(folder)) python.FS.mkdirTree(folder);
    made.add(folder);
    python.FS.writeFile(`${FOLDER}/${name}`, content, { canOwn: true });
  }
}

/** @param {Parts} parts */
async function start(parts) {
  answerFrom(parts);
  const python = await loadPyodide(/** @type {any} */ ({
    indexURL: NOWHERE,
    lockFileContents: LIST,
    packageBaseUrl: NOWHERE,
    createPyodideModule,
    _loadSnapshot: new Uint8Array(parts.memory),
    stdin: () => null,
    stdout: () => {},
    stderr: () => {},
  }));
  for (const folder of parts.folders) python.FS.mkdirTree(folder);
  writeCourse(python, parts.course);
  desk = python.globals.get("desk");
  desk.attach((/** @type {string} */ what) => self.postMessage({ progress: what }), hasRoom);
}

/** Whether there is room on the stack for some more calls of Python, which does not see the end of this one. */
function hasRoom() {
  /** @type {(count: number) => number} */
  const down = (count) => (count ? down(count - 1) + 1 : 0);
  try {
    return down(ROOM) > 0;
  } catch {
    return false;
  }
}

self.onmessage = async ({ data }) => {
  if (data.parts) {
    await start(data.parts);
    self.postMessage({ ready: true });
    return;
  }
  const { id, name, args } = /** @type {Call} */ (data);
  try {
    self.postMessage({ id, value: desk[name](...args) });
  } catch (error) {
    // Python does not live on when it was told to exit, or when its stack or its memory broke.
    self.postMessage({ id, died: String(error) });
  }
};
