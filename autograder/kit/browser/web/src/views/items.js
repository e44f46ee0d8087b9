/** The list of items: how far the student is, what is wrong, hints when they are asked for, examples to run. */

import { byId, element, prose } from "../dom.js";

/** @typedef {import("../python/checking.js").Checked} Checked */
/** @typedef {import("../python/checking.js").Verdict} Verdict */
/** @typedef {{id: string, title: string, assignment: string, points: number, bonus: boolean, module: string}} Item */

const SIGNS = /** @type {Record<string, string>} */ ({
  passed: "✓", failed: "✗", error: "✗", crashed: "✗", timeout: "◷", todo: "○", blocked: "…", ungraded: "?",
});

const FIRST = "Its TODO says what to write: put your code in the place of the line that raises NotImplementedError, and check.";

export class ItemsView extends EventTarget {
  /** @type {Checked | null} */
  #checked = null;
  /** @type {Map<string, {lines: string[], more: boolean, seen: number}>} */
  #hints = new Map();
  /** @type {Set<string>} */
  #open = new Set();

  /**
   * @param {HTMLElement} place
   * @param {readonly Item[]} items
   */
  constructor(place, items) {
    super();
    this.#place = place;
    this.#items = items;
    this.#write();
  }

  #place;
  #items;

  /** @param {Checked} checked */
  show(checked) {
    const before = new Map(this.#checked?.report.items.map((item) => [item.id, item]));
    for (const { id, status, message } of checked.report.items) {
      if (before.get(id)?.status !== status || before.get(id)?.message !== message) this.#hints.delete(id);
    }
    this.#checked = checked;
    this.#write();
  }

  /**
   * @param {string} item
   * @param {{lines: string[], more: boolean}} hint
   */
  hint(item, hint) {
    this.#hints.set(item, { ...hint, seen: this.hints(item) + 1 });
    this.#write();
    document.getElementById(`item-${item}`)?.querySelector("[data-hint]")?.scrollIntoView({ block: "nearest" });
  }

  /** How many hints of an item have been shown. @param {string} item */
  hints(item) {
    return this.#hints.get(item)?.seen ?? 0;
  }

  /**
   * Unfold an item and go to it.
   * @param {string} item
   */
  goTo(item) {
    this.#open.add(item);
    this.#write();
    const place = document.getElementById(`item-${item}`);
    place?.scrollIntoView({ block: "nearest" });
    place?.querySelector("summary")?.focus({ preventScroll: true });
  }

  #write() {
    const focused = document.activeElement?.closest("[data-key]")?.getAttribute("data-key");
    const verdicts = new Map(this.#checked?.report.items.map((item) => [item.id, item]));
    const groups = Map.groupBy(this.#items, (item) => item.assignment);
    const parts = [...groups].map(([assignment, items]) => this.#group(assignment, items, verdicts));
    const notes = (this.#checked?.notes ?? []).map((note) => element("p", { class: "note" }, ...prose(note)));
    const said = this.#checked?.report.message;
    if (said) notes.unshift(element("pre", { class: "note wrong" }, said));
    this.#place.replaceChildren(this.#next(verdicts), ...notes, ...parts);
    const again = focused && this.#place.querySelector(`[data-key="${focused}"]`);
    if (again instanceof HTMLElement) again.focus({ preventScroll: true });
  }

  /** @param {Map<string, Verdict>} verdicts */
  #next(verdicts) {
    const open = this.#items.filter((item) => verdicts.get(item.id)?.status !== "passed");
    const core = open.filter((item) => !item.bonus);
    const next = this.#items.find((item) => item.id === this.#checked?.next) ?? (core.length ? core : open)[0];
    if (!next) return element("div", { class: "next" }, "Everything passes. Hand it in!");
    const button = element("button", { type: "button", class: "link", "data-key": "next", click: () => this.#tell("place", next.id) }, next.id);
    const line = element("p", {}, core.length ? "Next: " : "The core is done. For who wants more: ", button, ` ${next.title}`);
    const verdict = verdicts.get(next.id);
    const parts = [line];
    if (verdict && verdict.status !== "todo") parts.push(element("p", { class: "said" }, ...prose(verdict.message.split("\n")[0])));
    else if (open.length === this.#items.length) parts.push(element("p", { class: "label" }, FIRST));
    return element("div", { class: "next" }, ...parts);
  }

  /**
   * @param {string} assignment
   * @param {Item[]} items
   * @param {Map<string, Verdict>} verdicts
   */
  #group(assignment, items, verdicts) {
    const most = items.reduce((sum, item) => sum + item.points, 0);
    const earned = items.reduce((sum, item) => sum + (verdicts.get(item.id)?.earned ?? 0), 0);
    return element(
      "section", { "aria-label": assignment },
      element("h2", {}, assignment, element("span", { class: "tally" }, `${earned}/${most}${items[0].bonus ? " bonus" : ""}`)),
      element("progress", { max: most, value: earned, "aria-label": `${assignment}: ${earned} of ${most} points` }),
      element("ul", { class: "items" }, ...items.map((item) => this.#item(item, verdicts.get(item.id)))),
    );
  }

  /**
   * @param {Item} item
   * @param {Verdict | undefined} verdict
   */
  #item(item, verdict) {
    const { id } = item;
    const status = verdict?.status ?? "todo";
    const details = element(
      "details", { open: this.#open.has(id), toggle: (/** @type {Event} */ event) => this.#remember(id, event) },
      element(
        "summary", { "data-key": `item ${id}` },
        element("span", { class: `status ${status}` }, `${SIGNS[status] ?? "?"} ${verdict ? status : "not checked"}`),
        element("span", { class: "what" }, element("code", {}, id), " ", element("span", { class: "title" }, item.title)),
        element("span", { class: "tally" }, `${verdict?.earned ?? 0}/${item.points}`),
      ),
      ...this.#body(item, verdict),
    );
    return element("li", { id: `item-${id}`, class: status }, details);
  }

  /**
   * @param {Item} item
   * @param {Verdict | undefined} verdict
   */
  #body(item, verdict) {
    const { id } = item;
    const asked = this.#checked?.items.find((each) => each.id === id);
    const parts = [];
    if (verdict?.message && verdict.status !== "passed") parts.push(element("p", { class: "said" }, ...prose(verdict.message)));
    const hint = this.#hints.get(id);
    if (hint) parts.push(element("div", { class: "hint", "data-hint": true }, ...hint.lines.map((line) => this.#hintLine(line))));
    const button = (/** @type {string} */ key, /** @type {string} */ label, /** @type {unknown} */ detail) =>
      element("button", { type: "button", "data-key": `${key} ${id}`, click: () => this.#tell(key, detail) }, label);
    const buttons = [button("place", "Go to the code", id)];
    if (verdict && verdict.status !== "passed" && (hint?.more ?? true)) buttons.push(button("hint", hint ? "Another hint" : "Hint", id));
    if (asked?.paste) buttons.push(button("try", "Run the example", asked.paste));
    if (verdict && verdict.status !== "passed" && verdict.status !== "todo") buttons.push(button("page", "Show on the page", id));
    parts.push(element("p", { class: "buttons" }, ...buttons));
    if (asked?.paste) parts.push(element("pre", { tabindex: 0 }, asked.paste));
    if (asked?.prints.trim()) {
      parts.push(element("p", { class: "label" }, "What your code printed"), element("pre", { tabindex: 0 }, asked.prints));
    }
    return parts;
  }

  /** A line of a hint, with a link to the lecture where it names it. @param {string} line */
  #hintLine(line) {
    const [, before, section] = /^(.*?)\s*docs\/[\w.-]+\.md#([\w-]+)$/.exec(line) ?? [];
    if (!section) return element("p", {}, ...prose(line));
    const link = element("button", { type: "button", class: "link", click: () => this.#tell("section", section) }, section.replaceAll("-", " "));
    return element("p", {}, `${before} `, link);
  }

  /**
   * @param {string} id
   * @param {Event} event
   */
  #remember(id, event) {
    if (/** @type {HTMLDetailsElement} */ (event.target).open) this.#open.add(id);
    else this.#open.delete(id);
  }

  /**
   * @param {string} what
   * @param {unknown} detail
   */
  #tell(what, detail) {
    this.dispatchEvent(new CustomEvent(what, { detail }));
  }
}

/**
 * How far the student is, at the top of the page.
 * @param {{score: number, max_score: number, bonus: number} | null} report
 * @param {number} most the points of the core
 */
export function score(report, most) {
  const points = report?.score ?? 0;
  const bonus = report?.bonus ? ` + ${report.bonus} bonus` : "";
  const all = report?.max_score ?? most;
  byId("score").replaceChildren(`${points} of ${all}`, element("span", { class: "roomy" }, " points"), bonus);
  const bar = /** @type {HTMLProgressElement} */ (byId("progress"));
  bar.max = all;
  bar.value = points;
}
