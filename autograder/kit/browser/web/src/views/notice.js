/** One sentence at a time about what has just happened, with a way back where there is one. */

import { byId, element } from "../dom.js";

/** @type {ReturnType<typeof setTimeout> | undefined} */
let clock;

/**
 * @param {string} text
 * @param {{label: string, act: () => void}} [way]
 */
export function notice(text, way) {
  const place = byId("notice");
  clearTimeout(clock);
  const parts = /** @type {(Node | string)[]} */ ([element("span", {}, text)]);
  if (way) {
    parts.push(element("button", { type: "button", click: () => {
      place.replaceChildren();
      way.act();
    } }, way.label));
  }
  parts.push(element("button", { type: "button", class: "close", "aria-label": "Close", click: () => place.replaceChildren() }, "×"));
  place.replaceChildren(...parts);
  clock = setTimeout(() => place.replaceChildren(), way ? 30_000 : 10_000);
}
