/** Graphs as pictures: graphviz, compiled for browsers, which is read when the first one is to be drawn. */

import { script } from "../python/embedded.js";

const LEAST = 0.6; // of its own size: below, nobody can read it, and it is scrolled

/** @type {Promise<any> | null} */
let drawing = null;

/**
 * The picture of a graph in graphviz's language, as graphviz draws it.
 * @param {string} source
 * @returns {Promise<SVGSVGElement>}
 */
export async function picture(source) {
  drawing ??= script("pictures").then((address) => import(address)).then(({ instance }) => instance());
  return (await drawing).renderSVGElement(source);
}

/**
 * A picture that may stand in this page.
 * @param {string} source
 * @param {string} about what it is called by those who cannot see it
 * @returns {Promise<SVGSVGElement>}
 */
export async function shown(source, about) {
  const drawn = await picture(source);
  for (const link of drawn.querySelectorAll("a")) link.replaceWith(...link.childNodes);
  for (const title of drawn.querySelectorAll("title")) title.remove();
  for (const part of drawn.querySelectorAll("[id]")) part.removeAttribute("id");
  const width = drawn.getAttribute("width") ?? "";
  drawn.style.maxWidth = width;
  if (width) drawn.style.minWidth = `calc(${LEAST} * ${width})`;
  drawn.removeAttribute("width");
  drawn.removeAttribute("height");
  drawn.setAttribute("role", "img");
  drawn.setAttribute("aria-label", about);
  return drawn;
}
