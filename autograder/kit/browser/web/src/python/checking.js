/**
 * A check that comes to its end whatever the student's code does: what hangs or kills Python is left out next
 * time.
 */

import { picture } from "../views/pictures.js";
import { Lost } from "./python.js";

/**
 * @typedef {{file: string, line: number, item: string, text: string, severity: "error" | "todo"}} Mark
 * @typedef {{id: string, status: string, points: number, max_points: number, prints: string, paste: string,
 *   invalid: boolean}} Asked
 * @typedef {{id: string, assignment: string, title: string, points: number, earned: number, status: string,
 *   message: string, bonus?: boolean}} Verdict
 * @typedef {{score: number, max_score: number, bonus: number, message: string, items: Verdict[]}} Report
 * @typedef {{report: Report, html: string, marks: Mark[], items: Asked[], notes: string[],
 *   next: string | null, graphs: Record<string, string>, broken: boolean}} Checked
 */

const BROKEN = "your code has changed Python itself: what does it do to builtins or modules?";

/**
 * @param {import("./python.js").Python} python
 * @param {Record<string, string>} files
 * @param {(item: string) => void} progress
 * @returns {Promise<Checked>}
 */
export async function check(python, files, progress) {
  /** @type {Record<string, string>} */
  const lost = {};
  for (;;) {
    try {
      const checked = JSON.parse(await python.call("check", [JSON.stringify(files), JSON.stringify(lost)], progress));
      if (!checked?.report?.items) throw new Error(BROKEN);
      return checked;
    } catch (error) {
      if (!(error instanceof Lost) || error.how === "stopped" || error.during in lost) throw error;
      lost[error.during] = error.how;
    }
  }
}

/**
 * The student's page on the last check, with the graphs of wrong answers drawn in it.
 * @param {import("./python.js").Python} python
 * @param {Record<string, string>} graphs in graphviz's language, by item
 * @returns {Promise<string>}
 */
export async function illustrated(python, graphs) {
  /** @type {Record<string, string>} */
  const pictures = {};
  for (const [item, source] of Object.entries(graphs)) pictures[item] = (await picture(source)).outerHTML;
  return python.call("page", [JSON.stringify(pictures)]);
}
