/** The zip to hand in, and what comes back from zips and single files. */

import { strFromU8, strToU8, unzipSync, zipSync } from "fflate";

/** A sentence for the student about why something cannot be done. */
export class Refusal extends Error {}

const DAY = "1980-01-02T00:00:00"; // the same work always makes the same archive
const LARGEST = 1_000_000; // bytes of a file
const MOST = 200; // files of a package

/**
 * The archive that is handed in: the package and nothing else.
 * @param {string} folder the package's name
 * @param {Record<string, string>} files
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function pack(folder, files) {
  const named = Object.entries(files).sort(([one], [other]) => (one < other ? -1 : 1));
  const entries = Object.fromEntries(named.map(([name, text]) => [`${folder}/${name}`, strToU8(text)]));
  return zipSync(entries, { mtime: DAY });
}

/**
 * The files of a package that a student brings, by name, and the names of those that are left out.
 * @param {string} folder the package's name
 * @param {readonly string[]} known the names of the course's files
 * @param {{name: string, bytes: Uint8Array}[]} brought
 * @returns {{files: Record<string, string>, left: string[]}}
 */
export function unpack(folder, known, brought) {
  /** @type {Record<string, string>} */
  const files = {};
  /** @type {string[]} */
  const left = [];
  for (const { name, bytes } of brought) {
    if (/\.zip$/i.test(name)) {
      const found = fromZip(folder, known, name, bytes);
      Object.assign(files, found.files);
      left.push(...found.left);
    } else if (known.includes(unnumbered(name))) {
      files[unnumbered(name)] = text(name, bytes);
    } else {
      throw new Refusal(`${name} is no file of this course: bring ${folder}.zip, or one of ${known.join(", ")}.`);
    }
  }
  return { files, left };
}

/**
 * What a browser calls a second download, as its first.
 * @param {string} name
 */
function unnumbered(name) {
  return name.replace(/ ?\(\d+\)(?=\.py$)/, "");
}

/**
 * @param {string} folder
 * @param {readonly string[]} known
 * @param {string} name
 * @param {Uint8Array} bytes
 */
function fromZip(folder, known, name, bytes) {
  let entries;
  try {
    entries = unzipSync(bytes, { filter: (file) => isSource(file.name) && file.originalSize <= LARGEST });
  } catch {
    throw new Refusal(`${name} cannot be read as a zip: choose another file.`);
  }
  const places = [...new Set(Object.keys(entries).map((path) => path.slice(0, path.lastIndexOf("/") + 1)))];
  const depth = (/** @type {string} */ place) => place.split("/").length;
  const packages = places.filter((place) => `/${place}`.endsWith(`/${folder}/`)).sort((a, b) => depth(a) - depth(b));
  const plain = places.find((place) => known.some((file) => place + file in entries));
  const place = packages[0] ?? plain;
  if (place === undefined) throw new Refusal(`there is no ${folder}/ in ${name}: choose the zip that holds it.`);
  if (packages.length > 1 && depth(packages[1]) === depth(place)) {
    throw new Refusal(`${name} holds ${packages.join(" and ")}: choose a zip that holds ${folder}/ once.`);
  }
  /** @type {Record<string, string>} */
  const files = {};
  const left = [];
  for (const [path, content] of Object.entries(entries)) {
    const inside = path.startsWith(place) ? path.slice(place.length) : "";
    if (inside && !inside.includes("/") && (packages.length || known.includes(inside))) files[inside] = text(path, content);
    else left.push(path);
  }
  if (Object.keys(files).length > MOST) throw new Refusal(`${name} holds too many files: choose the zip that was handed in.`);
  return { files, left };
}

/** @param {string} path */
function isSource(path) {
  return path.endsWith(".py") && !path.split("/").some((part) => part.startsWith(".") || /^__(MACOSX|pycache__)$/.test(part));
}

/**
 * @param {string} name
 * @param {Uint8Array} bytes
 */
function text(name, bytes) {
  if (bytes.length > LARGEST) throw new Refusal(`${name} is too large for a module: choose another file.`);
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal(`${name} is not UTF-8: save it as UTF-8, and choose it again.`);
  }
  return strFromU8(bytes).replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
}
