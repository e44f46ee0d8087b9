/** Named copies of files: made before anything replaces them, and there until they are deleted. */

/** @typedef {{name: string, time: number, files: Record<string, string>}} Copy */

const MOST = 50;

export class Copies extends EventTarget {
  /**
   * @param {string} prefix
   * @param {import("./keeper.js").Keeper} keeper
   */
  constructor(prefix, keeper) {
    super();
    this.prefix = `${prefix}copy:`;
    this.keeper = keeper;
  }

  /** All copies, the newest first. @returns {(Copy & {key: string})[]} */
  all() {
    return this.keeper.keys(this.prefix).reverse().map((key) => ({ key, ...JSON.parse(this.keeper.read(key) ?? "{}") }));
  }

  /**
   * Keep a copy, unless the newest one is the same. The oldest give way where there are too many.
   * @param {string} name
   * @param {Record<string, string>} files
   */
  keep(name, files) {
    const known = this.all();
    if (known.length && JSON.stringify(known[0].files) === JSON.stringify(files)) return;
    const time = Math.max(Date.now(), (known[0]?.time ?? 0) + 1);
    this.keeper.write(`${this.prefix}${String(time).padStart(15, "0")}`, JSON.stringify({ name, time, files }));
    for (const { key } of known.slice(MOST - 1)) this.keeper.remove(key);
    this.dispatchEvent(new Event("changed"));
  }

  /** @param {string} key */
  remove(key) {
    this.keeper.remove(key);
    this.dispatchEvent(new Event("changed"));
  }
}
