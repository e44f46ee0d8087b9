/** Marks in the margin of the code: at the lines at fault, and at what is still to be written. */

import { RangeSet, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, GutterMarker, gutter } from "@codemirror/view";

/** @typedef {import("../python/checking.js").Mark} Mark */

/** @type {import("@codemirror/state").StateEffectType<Mark[]>} */
const set = StateEffect.define();

class Sign extends GutterMarker {
  /** @param {Mark[]} marks of one line */
  constructor(marks) {
    super();
    this.marks = marks;
    this.severity = marks.some((mark) => mark.severity === "error") ? "error" : "todo";
  }

  /** @param {Sign} other */
  eq(other) {
    return JSON.stringify(this.marks) === JSON.stringify(other.marks);
  }

  toDOM() {
    const sign = document.createElement("span");
    sign.className = `sign ${this.severity}`;
    sign.textContent = this.severity === "error" ? "✗" : "○";
    sign.title = said(this.marks);
    return sign;
  }
}

const lines = Decoration.line({ class: "at-fault" });

/** @type {StateField<RangeSet<Sign>>} */
const signs = StateField.define({
  create: () => RangeSet.empty,
  update(value, transaction) {
    let next = value.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(set)) next = placed(transaction.state.doc, effect.value);
    }
    return next;
  },
  provide: (field) =>
    EditorView.decorations.from(field, (value) => {
      const found = [];
      for (const at = value.iter(); at.value; at.next()) {
        if (at.value.severity === "error") found.push(lines.range(at.from));
      }
      return Decoration.set(found, true);
    }),
});

/**
 * @param {import("@codemirror/state").Text} doc
 * @param {Mark[]} marks
 */
function placed(doc, marks) {
  /** @type {Map<number, Mark[]>} */
  const byLine = new Map();
  for (const mark of marks) {
    const from = doc.line(Math.min(Math.max(mark.line, 1), doc.lines)).from;
    byLine.set(from, [...(byLine.get(from) ?? []), mark]);
  }
  return RangeSet.of([...byLine].map(([from, found]) => new Sign(found).range(from)), true);
}

/**
 * What marks of one line say. What is the same for many items, as where a file is no Python, is said once.
 * @param {Mark[]} marks
 */
export function said(marks) {
  const byText = Map.groupBy(marks, (mark) => mark.text);
  return [...byText].map(([text, [{ item }, ...others]]) => {
    const more = others.length > 1 ? ` and ${others.length} more` : others.map((other) => `, ${other.item}`).join("");
    return `${item}${more}: ${text}`;
  }).join("\n");
}

/**
 * @param {(item: string) => void} chosen called with the item whose mark was clicked
 * @returns {import("@codemirror/state").Extension}
 */
export function marks(chosen) {
  return [
    signs,
    gutter({
      class: "signs",
      markers: (view) => view.state.field(signs),
      initialSpacer: () => new Sign([]),
      domEventHandlers: {
        click(view, line) {
          const found = at(view.state, line.from);
          if (found.length) chosen(found[0].item);
          return found.length > 0;
        },
      },
    }),
  ];
}

/** @param {Mark[]} found */
export function marked(found) {
  return set.of(found);
}

/**
 * The marks of the line that begins at `from`.
 * @param {import("@codemirror/state").EditorState} state
 * @param {number} from
 * @returns {Mark[]}
 */
export function at(state, from) {
  /** @type {Mark[]} */
  const found = [];
  state.field(signs).between(from, from, (_from, _to, sign) => void found.push(...sign.marks));
  return found;
}

/**
 * The line, counted from 1, where the mark of an item stands; null where there is none.
 * @param {import("@codemirror/state").EditorState} state
 * @param {string} item
 */
export function lineOf(state, item) {
  for (const sign = state.field(signs).iter(); sign.value; sign.next()) {
    if (sign.value.marks.some((mark) => mark.item === item)) return state.doc.lineAt(sign.from).number;
  }
  return null;
}

/**
 * Where the next line with a mark begins, or the one before; round the end of the file.
 * @param {import("@codemirror/state").EditorState} state
 * @param {1 | -1} step
 * @returns {number | null}
 */
export function next(state, step) {
  /** @type {number[]} */
  const places = [];
  for (const sign = state.field(signs).iter(); sign.value; sign.next()) places.push(sign.from);
  if (!places.length) return null;
  const here = state.doc.lineAt(state.selection.main.head).from;
  if (step > 0) return places.find((place) => place > here) ?? places[0];
  return places.findLast((place) => place < here) ?? places[places.length - 1];
}
