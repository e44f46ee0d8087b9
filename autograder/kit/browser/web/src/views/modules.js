/** The course's modules as tabs, and the editor below them. */

import { byId, element } from "../dom.js";
import { Editor } from "./editor.js";
import { choose, tabs } from "./tabs.js";

/** @typedef {import("../python/checking.js").Mark} Mark */

export class Modules {
  /** @type {Mark[]} */
  #marks = [];

  /**
   * @param {import("../work/work.js").Work} work
   * @param {string[]} given the files that are given ready-made
   * @param {(name: string) => void} keep told which file is open
   * @param {import("@codemirror/view").KeyBinding[]} keys
   */
  constructor(work, given, keep, keys) {
    this.work = work;
    this.given = given;
    this.keep = keep;
    this.editor = new Editor(byId("code"), keys);
    tabs(byId("modules"), (name) => this.open(name));
    this.#list();
  }

  /**
   * @param {string} name
   * @param {number} [line] to go to
   */
  open(name, line) {
    this.editor.open(name, this.work.text(name));
    choose(byId("modules"), name);
    byId("code").setAttribute("aria-labelledby", `module-${name}`);
    this.keep(name);
    if (line !== undefined) this.editor.goTo(line);
  }

  /**
   * Show a text that is kept already.
   * @param {string} name
   */
  refresh(name) {
    if (!byId("modules").querySelector(`[data-name="${CSS.escape(name)}"]`)) this.#list();
    this.editor.set(name, this.work.text(name), true);
  }

  /** @param {Mark[]} marks */
  mark(marks) {
    this.#marks = marks;
    this.editor.mark(marks.filter((mark) => this.work.names.includes(mark.file)), (name) => this.work.text(name));
    const wrong = new Set(marks.filter((mark) => mark.severity === "error").map((mark) => mark.file));
    for (const tab of byId("modules").children) tab.classList.toggle("wrong", wrong.has(tab.getAttribute("data-name") ?? ""));
  }

  /**
   * Where an item is wrong, or is to be written: where its mark stands, where its TODO does, or in its module.
   * @param {{id: string, module: string}} item
   * @returns {[string, number] | null}
   */
  placeOf({ id, module }) {
    const mark = this.#marks.find((each) => each.item === id);
    const wrong = mark?.severity === "error" && this.editor.lineOf(mark);
    if (wrong) return [mark.file, wrong];
    const todo = new RegExp(`TODO ${id}\\b(?!-)|NotImplementedError\\(["']${id}["']\\)`);
    for (const name of this.work.names) {
      const place = this.work.text(name).split("\n").findIndex((line) => todo.test(line));
      if (place >= 0) return [name, place + 1];
    }
    if (mark && this.work.names.includes(mark.file)) return [mark.file, mark.line];
    return this.work.names.includes(module) ? [module, 1] : null;
  }

  #list() {
    byId("modules").replaceChildren(...this.work.names.map((name) => element(
      "button",
      { type: "button", role: "tab", id: `module-${name}`, "data-name": name, "aria-controls": "code", "aria-selected": "false",
        class: this.given.includes(name) ? "given" : undefined },
      name,
    )));
    choose(byId("modules"), this.editor.name);
  }
}
