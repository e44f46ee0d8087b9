/**
 * Python's memory with the course imported and one check done, so that a page begins where Python would be after ten
 * seconds. What the page must know before Python is there is asked on the way.
 */

import { unzipSync } from "fflate";
import { loadPyodide } from "pyodide";

import { FOLDER } from "../src/python/places.js";
import { kept } from "./kept.mjs";

const HOW = { _makeSnapshot: true, env: { PYTHONDONTWRITEBYTECODE: "1" } };

/** @param {Uint8Array} archive what goes into Python's file system */
export async function freeze(archive) {
  // Without the course it is the same each time, and half of the work.
  const begun = await kept("memory", HOW, async () => (await loadPyodide({ ...HOW })).makeMemorySnapshot());
  const python = await loadPyodide({ ...HOW, _loadSnapshot: new Uint8Array(begun) });
  for (const [name, content] of Object.entries(unzipSync(new Uint8Array(archive)))) {
    const path = `${FOLDER}/${name}`;
    python.FS.mkdirTree(path.replace(/\/[^/]*$/, ""));
    python.FS.writeFile(path, content);
  }
  python.runPython(`
import sys
sys.path.insert(0, "${FOLDER}")
from pathlib import Path
from autograder.kit.browser.desk import Desk
desk = Desk(Path("${FOLDER}/practice-exam.json"), stubs=Path("${FOLDER}/stubs"))
`);
  const ask = (/** @type {string} */ call) => JSON.parse(python.runPython(call));
  const stubs = ask("desk.stubs()");
  const items = ask("desk.items()");
  const checked = ask("desk.check(desk.stubs())");
  const todo = checked.report.items.every((item) => item.status === "todo" || item.status === "blocked");
  if (!todo) throw new Error(`the stubs are not to do in a browser: ${checked.notes.join(" ")}`);
  python.runPython("import gc; gc.collect()");
  return { memory: python.makeMemorySnapshot(), stubs, items, folders: ask(FOLDERS) };
}

// Python's memory is not all: what it has made in its file system is made again.
const FOLDERS = `
import json, os, tempfile
found = list(os.walk(tempfile.gettempdir()))
assert not [file for _, _, files in found for file in files], "memory that counts on files cannot be frozen"
json.dumps([folder for folder, _, _ in found])
`;
