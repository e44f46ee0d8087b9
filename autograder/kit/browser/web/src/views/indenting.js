/** Indentation in the editors: what Enter makes of it, and where a line that is wrapped goes on. */

import { forceParsing, indentService, syntaxTree } from "@codemirror/language";
import { Prec, RangeSetBuilder, countColumn } from "@codemirror/state";
import { Decoration, ViewPlugin, keymap } from "@codemirror/view";

/** Behind `for p in ps: visit(p)`, whose body is on its own line, the next line is no deeper. */
const afterOneLine = indentService.of((context, at) => {
  const { state } = context;
  const line = context.lineAt(at, -1);
  if (!line.text.trim() || /[([{,\\]$/.test(line.text.trimEnd()) || at <= line.from) return undefined;
  const end = line.from + line.text.trimEnd().length;
  let node = /** @type {import("@lezer/common").SyntaxNode | null} */ (syntaxTree(state).resolveInner(end, -1));
  for (; node && node.from >= line.from; node = node.parent) {
    if (node.name === "Body" && state.doc.lineAt(node.from).from === line.from && /\S/.test(state.sliceDoc(node.from + 1, end).replace(/#.*/, ""))) {
      return context.lineIndent(line.from);
    }
  }
  return undefined;
});

/** On a busy machine the editor may not have read so far, and would indent as if it were in no block. */
const readBefore = Prec.highest(
  keymap.of([{ key: "Enter", run: (view) => (forceParsing(view, view.state.selection.main.head, 2000), false) }]),
);

/** @param {import("@codemirror/view").EditorView} view */
function hung(view) {
  const builder = /** @type {RangeSetBuilder<Decoration>} */ (new RangeSetBuilder());
  let last = -1;
  for (const { from, to } of view.visibleRanges) {
    for (let at = from; at <= to; ) {
      const line = view.state.doc.lineAt(at);
      const [space] = /^\s*/.exec(line.text) ?? [""];
      const width = countColumn(space, view.state.tabSize);
      if (width && line.from > last) {
        const style = `text-indent: -${width}ch; padding-left: calc(${width}ch + 6px)`;
        builder.add(line.from, line.from, Decoration.line({ attributes: { style } }));
      }
      last = line.from;
      at = line.to + 1;
    }
  }
  return builder.finish();
}

/** Where a line is too long for the editor it goes on below its own first letter, so that blocks can be seen. */
const hanging = ViewPlugin.define(
  (view) => ({
    decorations: hung(view),
    update(update) {
      if (update.docChanged || update.viewportChanged) this.decorations = hung(update.view);
    },
  }),
  { decorations: (plugin) => plugin.decorations },
);

export const indenting = [readBefore, afterOneLine, hanging];
