/** Which part of the page is seen: beside the code where there is room, else in its place. */

import { byId } from "../dom.js";
import { choose, tabs } from "./tabs.js";

const SIDES = ["items", "page", "lecture"]; // parts that stand beside the code

export class Layout {
  #wide = matchMedia("(min-width: 56rem)");
  #view = "code";
  #side = "items";
  #keep;

  /**
   * @param {string | null} first the part that was seen last
   * @param {(name: string) => void} keep
   */
  constructor(first, keep) {
    this.#keep = keep;
    tabs(byId("views"), (name) => this.show(name));
    this.#wide.addEventListener("change", () => this.#arrange());
    this.show(first ?? "code");
  }

  /** Whether the code is seen beside the other parts. */
  get wide() {
    return this.#wide.matches;
  }

  /** @param {string} name */
  show(name) {
    this.#view = name;
    if (SIDES.includes(name)) this.#side = name;
    this.#arrange();
    this.#keep(name);
  }

  #arrange() {
    const seen = this.wide ? ["code-part", "try-part", `${this.#side}-part`] : [`${this.#view}-part`];
    for (const part of document.querySelectorAll("[data-part]")) {
      if (part instanceof HTMLElement) part.hidden = !seen.includes(part.id);
    }
    choose(byId("views"), this.wide ? this.#side : this.#view);
  }
}
