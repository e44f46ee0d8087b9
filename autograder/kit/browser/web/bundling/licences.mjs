/** What is in the page, and under which licences: a list with their texts. */

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** @typedef {{name: string, version: string, license: string, text: string}} Part */

// Packages that hold more than their own code, and come without the text of their licence.
const MORE = {
  pyodide: "Pyodide is under the Mozilla Public License 2.0 (https://www.mozilla.org/MPL/2.0/); its sources are at https://github.com/pyodide/pyodide. In it: CPython and its standard library, under the Python Software Foundation License Version 2 (https://docs.python.org/3/license.html).",
  "@viz-js/viz": "Viz.js is under the MIT License, Copyright (c) Michael Daines. In it: Graphviz, under the Eclipse Public License 1.0 (https://www.eclipse.org/legal/epl-v10.html), whose sources are at https://gitlab.com/graphviz/graphviz, and Expat, under the MIT License.",
};

/**
 * @param {{name: string, version: string, license: string, folder: string}[]} packages of npm
 * @param {Part[]} others
 */
export function listed(packages, others) {
  const parts = [...packages.map((each) => ({ ...each, text: text(each) })), ...others];
  const rows = parts.map(({ name, version, license, text }) => {
    const head = `${escaped(name)} ${escaped(version)}: ${escaped(license)}`;
    return `<details><summary>${head}</summary><pre tabindex="0">${escaped(text)}</pre></details>`;
  });
  return rows.join("\n");
}

/** @param {{name: string, folder: string, license: string}} part */
function text({ name, folder }) {
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const said = [MORE[name], file && readFileSync(join(folder, file), "utf8")].filter(Boolean).join("\n\n");
  if (!said) throw new Error(`${name} comes without its licence: say in bundling/licences.mjs where it stands`);
  return said;
}

/** @param {string} said */
function escaped(said) {
  return said.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
