/** Own lines below the code: run, with what they print, and a picture for each graph that they draw. */

import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

import { byId, element } from "../dom.js";
import { Lost } from "../python/python.js";
import { change, coding } from "./coding.js";
import { notice } from "./notice.js";
import { shown } from "./pictures.js";

/** @typedef {{out: string, error: string, line: number | null, pictures: string[]}} Ran */

export class TryView {
  #view;
  #run;
  #stop;
  #keep;
  #busy = false;
  /** What stands there when no student has written it. */
  #example;

  /**
   * @param {string} first what stands there for a student who has never been here
   * @param {string} code what stands there now
   * @param {(code: string) => void} keep
   * @param {(code: string) => Promise<Ran>} run
   * @param {() => void} stop
   */
  constructor(first, code, keep, run, stop) {
    this.#run = run;
    this.#stop = stop;
    this.#keep = keep;
    this.#example = first;
    const go = () => {
      void this.run();
      return true;
    };
    this.#view = new EditorView({
      parent: byId("try-code"),
      state: EditorState.create({
        doc: code,
        extensions: [
          ...coding("Your own lines", [{ key: "Mod-Enter", run: go }, { key: "Shift-Enter", run: go }]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) this.#keep(update.state.doc.toString());
          }),
        ],
      }),
    });
    byId("run").addEventListener("click", () => (this.#busy ? this.#stop() : go()));
  }

  /**
   * Put lines there, and run them.
   * @param {string} code
   */
  async try(code) {
    const text = `${code.trimEnd()}\n`;
    const before = this.#view.state.doc.toString();
    if (before !== text && before !== this.#example) {
      notice("The example stands in the place of your own lines.", { label: "Undo", act: () => this.#put(before) });
    }
    this.#example = text;
    this.#put(text);
    this.#view.focus();
    await this.run();
  }

  /** @param {string} text */
  #put(text) {
    this.#view.dispatch({ changes: change(this.#view.state.doc.toString(), text) });
  }

  async run() {
    if (this.#busy) return;
    const place = byId("try-out");
    place.replaceChildren(element("p", { class: "label" }, "Running …"));
    this.#set(true);
    try {
      await this.#show(place, await this.#run(this.#view.state.doc.toString()));
    } catch (error) {
      if (!(error instanceof Lost)) throw error;
      const why = { timeout: "It did not come to an end, and was stopped.", stopped: "Stopped.", crashed: "Python itself came to its end here, and was started again." };
      place.replaceChildren(element("p", { class: "wrong" }, why[error.how]));
    } finally {
      this.#set(false);
    }
  }

  /** @param {boolean} busy */
  #set(busy) {
    this.#busy = busy;
    byId("run").textContent = busy ? "Stop" : "Run";
  }

  /**
   * @param {HTMLElement} place
   * @param {Ran} ran
   */
  async #show(place, ran) {
    const parts = [];
    if (ran.out) parts.push(element("pre", { tabindex: 0 }, ran.out));
    for (const source of ran.pictures) parts.push(await drawn(source));
    if (ran.error && ran.line && this.#view.state.doc.lines > 1) parts.push(element("p", { class: "wrong" }, `In line ${ran.line}:`));
    if (ran.error) parts.push(element("pre", { class: "wrong", tabindex: 0 }, ran.error));
    if (!parts.length) parts.push(element("p", { class: "label" }, "It ran, and printed nothing."));
    place.replaceChildren(...parts);
  }
}

/** @param {string} source */
async function drawn(source) {
  try {
    return element("div", { class: "picture", tabindex: 0, role: "group", "aria-label": "Graph" }, await shown(source, "The graph that was drawn"));
  } catch (error) {
    return element("p", { class: "wrong" }, `This graph cannot be drawn: ${error instanceof Error ? error.message : error}`);
  }
}
