/** What the browser keeps for this page, and what there is to do where it refuses to. */

export class Keeper extends EventTarget {
  /** @type {Map<string, string>} what is kept where the browser keeps nothing: as long as the page is open */
  #memory = new Map();
  /** Whether the last thing that was to be kept outlives this page. */
  safe = true;

  /** @param {string} key */
  read(key) {
    try {
      return this.#memory.get(key) ?? localStorage.getItem(key);
    } catch {
      return null;
    }
  }

  /**
   * Keep a text. Where the browser does not, it is kept while the page is open, and "unsafe" is told.
   * @param {string} key
   * @param {string} text
   */
  write(key, text) {
    try {
      localStorage.setItem(key, text);
      this.#memory.delete(key);
      this.#tell(true);
    } catch {
      this.#memory.set(key, text);
      this.#tell(false);
    }
  }

  /**
   * Keep a text that can be done without.
   * @param {string} key
   * @param {string} text
   */
  offer(key, text) {
    try {
      localStorage.setItem(key, text);
    } catch {
      this.remove(key);
    }
  }

  /** @param {string} key */
  remove(key) {
    this.#memory.delete(key);
    try {
      localStorage.removeItem(key);
    } catch {
      // nothing is kept there
    }
  }

  /**
   * The keys that begin with `prefix`.
   * @param {string} prefix
   */
  keys(prefix) {
    let stored = /** @type {string[]} */ ([]);
    try {
      stored = Object.keys(localStorage);
    } catch {
      // nothing is kept there
    }
    return [...new Set([...stored, ...this.#memory.keys()])].filter((key) => key.startsWith(prefix)).sort();
  }

  /** @param {boolean} safe */
  #tell(safe) {
    if (safe === this.safe) return;
    this.safe = safe;
    this.dispatchEvent(new Event("safety"));
  }
}
