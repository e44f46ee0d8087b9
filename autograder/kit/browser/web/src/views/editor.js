/** The student's code: one file at a time, each with an undo history of its own. */

import { isolateHistory } from "@codemirror/commands";
import { Annotation, EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";

import { change, coding } from "./coding.js";
import * as marking from "./marks.js";

/** @typedef {import("../python/checking.js").Mark} Mark */

const taken = Annotation.define(); // on changes that were not made here, and are kept already

export class Editor extends EventTarget {
  /** @type {Map<string, EditorState>} */
  #states = new Map();
  /** @type {EditorView} */
  #view;
  name = "";

  /**
   * @param {HTMLElement} parent
   * @param {import("@codemirror/view").KeyBinding[]} keys
   */
  constructor(parent, keys) {
    super();
    this.#view = new EditorView({ parent });
    this.keys = keys;
  }

  /**
   * Show a file.
   * @param {string} name
   * @param {string} text what is in it, where it was not shown before
   */
  open(name, text) {
    if (this.name) this.#states.set(this.name, this.#view.state);
    this.name = name;
    this.#view.setState(this.#state(name, text));
    this.#tell();
  }

  focus() {
    this.#view.focus();
  }

  /**
   * Make `text` of a file. It can be undone like what is typed.
   * @param {string} name
   * @param {string} text
   * @param {boolean} [kept] whether this is kept already
   */
  set(name, text, kept = false) {
    const state = name === this.name ? this.#view.state : this.#states.get(name);
    if (!state) return;
    const before = state.doc.toString();
    if (before === text) return;
    const alone = isolateHistory.of("full"); // to be undone apart from what is typed before and after
    const made = { changes: change(before, text), annotations: kept ? [taken.of(true), alone] : [alone] };
    if (name === this.name) this.#view.dispatch(made);
    else this.#states.set(name, state.update(made).state);
  }

  /**
   * Go to a line, counted from 1.
   * @param {number} line
   */
  goTo(line) {
    const { doc } = this.#view.state;
    this.#goTo(doc.line(Math.min(Math.max(line, 1), doc.lines)).from);
  }

  /**
   * Show these marks, and no others.
   * @param {Mark[]} marks
   * @param {(name: string) => string} textOf
   */
  mark(marks, textOf) {
    const names = new Set([...this.#states.keys(), ...marks.map((mark) => mark.file), this.name]);
    for (const name of names) {
      const effects = marking.marked(marks.filter((mark) => mark.file === name));
      if (name === this.name) this.#view.dispatch({ effects });
      else this.#states.set(name, this.#state(name, textOf(name)).update({ effects }).state);
    }
    this.#tell();
  }

  /**
   * The line where a mark stands by now, counted from 1; null where its line is gone.
   * @param {Mark} mark
   */
  lineOf(mark) {
    const state = mark.file === this.name ? this.#view.state : this.#states.get(mark.file);
    return state ? marking.lineOf(state, mark.item) : null;
  }

  /**
   * Go to the next mark of this file, or the one before.
   * @param {1 | -1} step
   */
  step(step) {
    const place = marking.next(this.#view.state, step);
    if (place !== null) this.#goTo(place);
    return true;
  }

  /** @param {number} from */
  #goTo(from) {
    this.#view.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
    this.#view.focus();
  }

  /**
   * @param {string} name
   * @param {string} text
   */
  #state(name, text) {
    const known = this.#states.get(name);
    if (known) return known;
    return EditorState.create({
      doc: text,
      extensions: [
        marking.marks((item) => this.dispatchEvent(new CustomEvent("chosen", { detail: item }))),
        lineNumbers(),
        ...coding(name, [
          ...this.keys,
          { key: "F8", run: () => this.step(1), shift: () => this.step(-1) },
        ]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !update.transactions.some((each) => each.annotation(taken))) {
            this.dispatchEvent(new CustomEvent("typed", { detail: update.state.doc.toString() }));
          }
          if (update.docChanged || update.selectionSet) this.#tell();
        }),
      ],
    });
  }

  /** Say where the cursor is, and what the marks of its line say. */
  #tell() {
    const { state } = this.#view;
    const line = state.doc.lineAt(state.selection.main.head);
    this.dispatchEvent(new CustomEvent("moved", { detail: { line: line.number, marks: marking.at(state, line.from) } }));
  }
}
