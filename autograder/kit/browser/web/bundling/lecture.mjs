/** The lecture as HTML, with its pictures in it. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Marked } from "marked";

/**
 * What a heading is called in links, as GitHub does it.
 * @param {string} text
 */
function anchor(text) {
  return text.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "").trim().replace(/\s/g, "-");
}

/**
 * @param {string} inputs
 * @param {string} name of the file
 */
export function rendered(inputs, name) {
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        const level = Math.min(depth + 1, 6);
        return `<h${level} id="lecture-${anchor(text.replaceAll("`", ""))}">${this.parser.parseInline(tokens)}</h${level}>\n`;
      },
      image({ href, text }) {
        const picture = readFileSync(join(inputs, href)).toString("base64");
        return `<img alt="${text.replaceAll('"', "&quot;")}" src="data:image/svg+xml;base64,${picture}">`;
      },
      link({ href, tokens }) {
        const inside = this.parser.parseInline(tokens);
        return href.startsWith("#") ? `<a href="${href}">${inside}</a>` : inside;
      },
    },
  });
  const page = marked.parse(readFileSync(join(inputs, name), "utf8"), { async: false });
  return page.replaceAll("<th></th>", "<td></td>").replaceAll("<pre>", '<pre tabindex="0">').replaceAll("<table>", '<div class="scroll" tabindex="0"><table>').replaceAll("</table>", "</table></div>");
}
