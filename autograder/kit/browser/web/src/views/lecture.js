/** The lecture: its links lead to its own headings, and its examples run below the code with one click. */

import { element } from "../dom.js";

/**
 * @param {HTMLElement} place holds the lecture
 * @param {(code: string) => void} run
 */
export function lecture(place, run) {
  place.addEventListener("click", (event) => {
    const link = /** @type {HTMLElement} */ (event.target).closest("a");
    if (!link?.hash) return;
    event.preventDefault();
    section(place, decodeURIComponent(link.hash.slice(1)));
  });
  for (const code of place.querySelectorAll("pre > code.language-python")) {
    const button = element("button", { type: "button", class: "run", click: () => run(code.textContent ?? "") }, "Run");
    code.parentElement?.before(button);
  }
}

/**
 * Go to a heading.
 * @param {HTMLElement} place
 * @param {string} name
 */
export function section(place, name) {
  const heading = place.querySelector(`[id="${CSS.escape(`lecture-${name}`)}"]`);
  if (!(heading instanceof HTMLElement)) return;
  heading.tabIndex = -1;
  heading.scrollIntoView();
  heading.focus({ preventScroll: true });
}
