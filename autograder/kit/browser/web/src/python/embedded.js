/** What stands in the page's file beside the page: compressed, and written down as text. */

/**
 * What a text in base 64 stands for.
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
function decoded(text) {
  const quick = /** @type {any} */ (Uint8Array).fromBase64;
  return quick ? quick.call(Uint8Array, text) : Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/**
 * A part of the file.
 * @param {string} id
 * @returns {Promise<Response>}
 */
async function opened(id) {
  const part = document.getElementById(`part-${id}`);
  if (!part) throw new Error(`the page has no part ${id}`);
  const stream = new Blob([decoded(part.textContent ?? "")]).stream().pipeThrough(new DecompressionStream("gzip"));
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
