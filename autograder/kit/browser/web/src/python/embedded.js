/** What stands in the page's file beside the page: compressed, and written down as text. */

/** The page is shown while the browser still reads the rest of its file. */
const read = new Promise((resolve) => {
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", resolve);
  else resolve(null);
});

/**
 * What a text in base 64 stands for.
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
function decoded(text) {
  const quick = /** @type {any} */ (Uint8Array).fromBase64;
  return quick ? quick.call(Uint8Array, text) : Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** @type {Map<string, Blob>} what was read, compressed as it is */
const parts = new Map();

/**
 * A part of the file. Its text in the page is let go of.
 * @param {string} id
 * @returns {Promise<Response>}
 */
async function opened(id) {
  await read;
  const place = document.getElementById(`part-${id}`);
  const part = parts.get(id) ?? new Blob([decoded(place?.textContent ?? "")]);
  if (!part.size) throw new Error(`the page has no part ${id}`);
  parts.set(id, part);
  place?.remove();
  const stream = part.stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream, { headers: { "content-type": "application/wasm" } });
}

/** @param {string} id */
export async function bytes(id) {
  return (await opened(id)).arrayBuffer();
}

/** @param {string} id */
export async function text(id) {
  return (await opened(id)).text();
}

/**
 * A part of the file compiled as WebAssembly, while the page goes on.
 * @param {string} id
 */
export async function compiled(id) {
  return WebAssembly.compileStreaming(opened(id));
}

/**
 * The address of a part of the file that is a script.
 * @param {string} id
 */
export async function script(id) {
  return URL.createObjectURL(new Blob([await text(id)], { type: "text/javascript" }));
}

/**
 * What stands in the file as JSON.
 * @param {string} id
 * @returns {any}
 */
export function data(id) {
  return JSON.parse(document.getElementById(id)?.textContent ?? "null");
}
