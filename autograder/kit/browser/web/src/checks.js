/** Checks, one at a time: what is said meanwhile, what they find, and whether that still holds. */

import { byId } from "./dom.js";
import { check, illustrated } from "./python/checking.js";
import { Lost } from "./python/python.js";

/** @typedef {import("./python/checking.js").Checked} Checked */
/** @typedef {{time: number, checked: Checked, files: Record<string, string>}} Last */

export class Checks extends EventTarget {
  #busy = false;
  /** Of the Python that knows of the last check. */
  #generation = -1;
  /** Whether the code is another one than was checked last. */
  #stale = true;

  /**
   * @param {import("./python/python.js").Python} python
   * @param {import("./work/work.js").Work} work
   * @param {number} items how many there are
   * @param {{read: () => Last | null, write: (last: Last) => void}} memory of the last check
   */
  constructor(python, work, items, memory) {
    super();
    this.python = python;
    this.work = work;
    this.items = items;
    this.memory = memory;
    python.addEventListener("broken", (event) => {
      say(`Python does not start in this browser (${/** @type {CustomEvent} */ (event).detail}): take a newer Chrome, Edge, Firefox or Safari.`);
    });
    python.addEventListener("ready", () => {
      if (!this.#busy && byId("said").textContent === STARTING) say("Ready.");
    });
  }

  /** Take up what was found when the page was open before. */
  resume() {
    const last = this.memory.read();
    if (!last) return say(STARTING);
    this.#take(last.checked);
    this.#stale = JSON.stringify(last.files) !== JSON.stringify(this.work.files);
    say(this.#stale ? CHANGED : at(last.time, last.checked));
  }

  /** The code has changed. */
  changed() {
    if (!this.#stale && !this.#busy) say(CHANGED);
    this.#stale = true;
  }

  /** Check, or end the check that is under way. */
  toggle() {
    if (this.#busy) this.python.stop();
    else void this.check();
  }

  async check() {
    if (this.#busy) return;
    this.#set(true);
    const { files } = this.work;
    this.#stale = false;
    let count = 0;
    say(STARTING);
    this.python.start().then(() => this.#busy && say("Checking …"), () => {});
    try {
      const checked = await check(this.python, files, (what) => {
        const [, module] = /^import:(.*)/.exec(what) ?? [];
        say(module ? `Importing ${module} …` : `Checking ${what} (${Math.min(++count, this.items)} of ${this.items}) …`);
      });
      const time = Date.now();
      this.#generation = this.python.generation;
      this.#take(checked);
      if (checked.broken) this.python.renew();
      else if (Object.keys(checked.graphs).length) {
        checked.html = await illustrated(this.python, checked.graphs);
        this.#take(checked);
      }
      this.memory.write({ time, checked, files });
      say(this.#stale ? CHANGED : at(time, checked));
    } catch (error) {
      const stopped = error instanceof Lost && error.how === "stopped";
      if (!(error instanceof Lost)) this.python.renew();
      this.#stale = true;
      say(stopped ? "Stopped." : `This check could not be done: ${error instanceof Error ? error.message : error}`);
    } finally {
      this.#set(false);
    }
  }

  /**
   * One hint more for an item, from a Python that knows of the last check; null where that could not be had.
   * @param {string} item
   * @param {number} seen how many have been shown
   * @returns {Promise<{lines: string[], more: boolean} | null>}
   */
  async hint(item, seen) {
    if (this.#generation !== this.python.generation || this.#stale) await this.check();
    if (this.#generation !== this.python.generation) return null;
    return JSON.parse(await this.python.call("hint", [item, seen]));
  }

  /** @param {Checked} checked */
  #take(checked) {
    this.dispatchEvent(new CustomEvent("checked", { detail: checked }));
  }

  /** @param {boolean} busy */
  #set(busy) {
    this.#busy = busy;
    byId("check-label").textContent = busy ? "Stop" : "Check";
    byId("check").classList.toggle("busy", busy);
  }
}

const STARTING = "Python is starting …";
const CHANGED = "Changed since the last check.";

/**
 * When was checked, and how much there is to do.
 * @param {number} time
 * @param {Checked} checked
 */
function at(time, checked) {
  const clock = new Date(time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const core = checked.report.items.filter((item) => !item.bonus);
  const todo = core.filter((item) => item.status === "todo" || item.status === "blocked");
  const left = core.filter((item) => item.status !== "passed" && !todo.includes(item));
  const invalid = new Set(checked.items.filter((item) => item.invalid).map((item) => item.id));
  const unread = left.filter((item) => invalid.has(item.id)).length;
  const wrong = left.length - unread;
  const said = [unread ? `${unread} not checked, as their file is not valid Python` : "", wrong ? `${wrong} wrong` : "", todo.length ? `${todo.length} to do` : ""].filter(Boolean).join(", ");
  return `Checked at ${clock}: ${said || "the core is done"}.`;
}

/** @param {string} text */
function say(text) {
  byId("said").textContent = text;
}
