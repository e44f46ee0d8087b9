/** The student's page, as the course's own report has it, with what only makes sense here: one click from it to the code. */

import { element } from "../dom.js";
import { isDark } from "./theme.js";

const DARK = /@media screen and \(prefers-color-scheme: ?dark\)/g;

// Graphviz measures Helvetica; where there is none, what stands in is wider.
const LETTERS = 'figure svg text { font-family: Helvetica, Arial, "Liberation Sans", Arimo, sans-serif; font-size: 9.4px; }';

export class ReportView extends EventTarget {
  #frame;
  #html = "";

  /** @param {HTMLIFrameElement} frame */
  constructor(frame) {
    super();
    this.#frame = frame;
    frame.addEventListener("load", () => this.#furnish());
    addEventListener("theme", () => this.#write());
  }

  /** @param {string} html the whole page */
  show(html) {
    if (html === this.#html) return;
    this.#html = html;
    this.#write();
  }

  /**
   * Go to what the page says about an item.
   * @param {string} item
   */
  goTo(item) {
    const place = this.#document?.getElementById(item.replace(/[^\w-]/g, "-"));
    const folded = place?.querySelector("details");
    if (folded) folded.open = true;
    place?.scrollIntoView();
  }

  get #document() {
    return this.#frame.contentDocument;
  }

  #write() {
    if (!this.#html) return;
    this.#scrolled = this.#frame.contentWindow?.scrollY ?? 0;
    this.#frame.srcdoc = this.#html.replace(DARK, isDark() ? "@media screen" : "@media not all");
  }

  #scrolled = 0;

  #furnish() {
    const page = this.#document;
    if (!page?.body || !this.#html) return;
    page.documentElement.style.colorScheme = isDark() ? "dark" : "light";
    page.head.append(page.adoptNode(element("style", {}, LETTERS)));
    for (const link of page.querySelectorAll('a[href^="#"]')) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        this.goTo(decodeURIComponent(/** @type {HTMLAnchorElement} */ (link).hash.slice(1)));
      });
    }
    for (const paste of page.querySelectorAll(".paste")) {
      const code = paste.querySelector("pre")?.textContent ?? "";
      const button = element("button", { type: "button", click: () => this.#tell("try", code) }, "Run it here");
      paste.insertBefore(page.adoptNode(button), paste.querySelector("pre"));
    }
    for (const code of page.querySelectorAll(".place, .place code, .frames code")) {
      const [, file, line] = /([\w.]+\.py):(\d+)/.exec(code.textContent ?? "") ?? [];
      if (!file || code.children.length) continue;
      const button = element("button", { type: "button", click: () => this.#tell("place", { file, line: Number(line) }) });
      button.textContent = code.textContent;
      code.replaceChildren(page.adoptNode(button));
    }
    this.#frame.contentWindow?.scrollTo(0, this.#scrolled);
  }

  /**
   * @param {string} what
   * @param {unknown} detail
   */
  #tell(what, detail) {
    this.dispatchEvent(new CustomEvent(what, { detail }));
  }
}
