/**
 * The student's files as this browser keeps them: saved at each change, and shared by all tabs that show the page.
 *
 * Each file is kept with a version: how often each tab has written it. A tab whose version is part of the one that is
 * kept has seen nothing that is lost by taking that over. Where two tabs wrote at once, the text that gives way goes
 * to the copies.
 */

import { Copies } from "./copies.js";

/** @typedef {Record<string, number>} Version */
/** @typedef {{text: string, version: Version}} Kept */

const TABS = 12; // whose counts a version remembers

/**
 * Whether whoever knows `one` has seen all of `other`.
 * @param {Version} one
 * @param {Version} other
 */
function includes(one, other) {
  return Object.entries(other).every(([tab, count]) => (one[tab] ?? 0) >= count);
}

/**
 * @param {Version} one
 * @param {Version} other
 * @returns {Version}
 */
function joined(one, other) {
  const all = { ...one };
  for (const [tab, count] of Object.entries(other)) all[tab] = Math.max(all[tab] ?? 0, count);
  return Object.fromEntries(Object.entries(all).slice(-TABS));
}

export class Work extends EventTarget {
  /** @type {Map<string, Kept>} */
  #files = new Map();
  #tab = Math.random().toString(36).slice(2, 10);

  /**
   * @param {string} prefix of all that is kept for this course
   * @param {Record<string, string>} stubs what a student begins with, in the order of the tabs
   * @param {import("./keeper.js").Keeper} keeper
   */
  constructor(prefix, stubs, keeper) {
    super();
    this.prefix = `${prefix}file:`;
    this.stubs = stubs;
    this.keeper = keeper;
    this.copies = new Copies(prefix, keeper);
    for (const [name, text] of Object.entries(stubs)) this.#files.set(name, this.#kept(name) ?? { text, version: {} });
    for (const key of keeper.keys(this.prefix)) {
      const name = key.slice(this.prefix.length);
      const kept = this.#kept(name);
      if (kept && !this.#files.has(name)) this.#files.set(name, kept);
    }
    addEventListener("storage", ({ key }) => {
      if (key?.startsWith(this.prefix)) this.#follow(key.slice(this.prefix.length));
    });
  }

  /** The names of all files, those of the course first. */
  get names() {
    return [...this.#files.keys()];
  }

  /** All files by name. @returns {Record<string, string>} */
  get files() {
    return Object.fromEntries([...this.#files].map(([name, { text }]) => [name, text]));
  }

  /** @param {string} name */
  text(name) {
    return this.#files.get(name)?.text ?? "";
  }

  /**
   * Keep a file as it is now. What another tab wrote meanwhile, and this one has not seen, goes to the copies.
   * @param {string} name
   * @param {string} text
   */
  save(name, text) {
    const known = this.#files.get(name);
    if (known?.text === text) return;
    const version = known?.version ?? {};
    const kept = this.#kept(name);
    if (kept && !includes(version, kept.version) && kept.text !== text) {
      this.copies.keep(`${name} from another tab`, { [name]: kept.text });
      this.dispatchEvent(new CustomEvent("parted", { detail: name }));
    }
    const next = joined(version, kept?.version ?? {});
    delete next[this.#tab]; // the newest count stands last, where it is not cut off
    const mine = Math.max(version[this.#tab] ?? 0, kept?.version[this.#tab] ?? 0) + 1;
    const written = { text, version: { ...next, [this.#tab]: mine } };
    this.#files.set(name, written);
    this.keeper.write(this.prefix + name, JSON.stringify(written));
  }

  /** @param {string} name */
  remove(name) {
    this.#files.delete(name);
    this.keeper.remove(this.prefix + name);
  }

  /**
   * Take over what another tab has written.
   * @param {string} name
   */
  #follow(name) {
    const kept = this.#kept(name);
    const known = this.#files.get(name);
    if (!kept || (known && includes(known.version, kept.version))) return;
    if (known && !includes(kept.version, known.version) && known.text !== kept.text) {
      this.copies.keep(`${name} from this tab`, { [name]: known.text });
      this.dispatchEvent(new CustomEvent("parted", { detail: name }));
    }
    this.#files.set(name, { text: kept.text, version: joined(known?.version ?? {}, kept.version) });
    this.dispatchEvent(new CustomEvent("changed", { detail: name }));
  }

  /**
   * @param {string} name
   * @returns {Kept | null}
   */
  #kept(name) {
    const text = this.keeper.read(this.prefix + name);
    return text === null ? null : JSON.parse(text);
  }
}
