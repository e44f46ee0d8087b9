/**
 * Python, as the page sees it: calls that are answered later, and a watch over whoever does not answer.
 *
 * A loop in Python is ended by the course's own code within its time. What that cannot end (a loop in C), and what ends
 * Python itself, is given up here: the worker is ended, and another one takes its place.
 */

import { bytes, compiled, script } from "./embedded.js";

/** A call that was not answered: `during` is what had begun last, `how` is "timeout", "crashed" or "stopped". */
export class Lost extends Error {
  /**
   * @param {string} during
   * @param {"timeout" | "crashed" | "stopped"} how
   * @param {string} [said]
   */
  constructor(during, how, said = "") {
    super(`${how} during ${during || "a call"} ${said}`);
    this.during = during;
    this.how = how;
  }
}

// Seconds after which a worker is given up that says nothing: in these it would have ended a loop in Python itself.
const SILENCE = { check: 12, run: 14 };
const START = 120; // seconds that a start may take

export class Python extends EventTarget {
  /** @type {Promise<Worker> | null} */
  #worker = null;
  /** @type {Promise<[string, WebAssembly.Module]> | null} */
  #compiled = null;
  /** @type {Promise<unknown>} */
  #last = Promise.resolve();
  #calls = 0;
  #folders;
  /** How many workers were given up: what they remembered is gone. */
  generation = 0;
  /** @type {((how: "stopped") => unknown) | null} */
  #stop = null;

  /** @param {string[]} folders that Python's memory takes for being there */
  constructor(folders) {
    super();
    this.#folders = folders;
  }

  /** Begin to start Python, unless that was begun before. */
  start() {
    if (!this.#worker) {
      this.#worker = this.#started();
      this.#worker.then(
        () => this.dispatchEvent(new Event("ready")),
        (error) => this.dispatchEvent(new CustomEvent("broken", { detail: String(error) })),
      );
    }
    return this.#worker;
  }

  /**
   * Call what Python has under that name, once all earlier calls are answered.
   * @param {string} name
   * @param {unknown[]} args
   * @param {(item: string) => void} [progress]
   * @returns {Promise<string>}
   */
  call(name, args, progress) {
    const answer = this.#last.then(() => this.#call(name, args, progress));
    this.#last = answer.catch(() => {});
    return answer;
  }

  /** Go on with another Python: this one is no good any more. */
  renew() {
    void this.#worker?.then((worker) => worker.terminate());
    this.#worker = null;
    this.generation++;
    void this.start().catch(() => {});
  }

  /** End what Python is doing. */
  stop() {
    this.#stop?.("stopped");
  }

  /**
   * @param {string} name
   * @param {unknown[]} args
   * @param {(item: string) => void} [progress]
   */
  async #call(name, args, progress) {
    let stopped = false;
    this.#stop = () => (stopped = true);
    const worker = await this.start();
    if (stopped) throw new Lost("", "stopped");
    const id = ++this.#calls;
    return new Promise((resolve, reject) => {
      let during = "";
      /** @type {ReturnType<typeof setTimeout>} */
      let clock;
      const watch = () => {
        clearTimeout(clock);
        clock = setTimeout(() => lose("timeout"), 1000 * (name === "run" ? SILENCE.run : SILENCE.check));
      };
      const settle = () => {
        clearTimeout(clock);
        worker.onmessage = worker.onerror = this.#stop = null;
      };
      const lose = (/** @type {"timeout" | "crashed" | "stopped"} */ how, said = "") => {
        settle();
        this.renew();
        reject(new Lost(during, how, said));
      };
      worker.onmessage = ({ data }) => {
        if (data.progress !== undefined) {
          during = data.progress;
          watch();
          progress?.(during);
        } else if (data.id === id && data.died !== undefined) {
          lose("crashed", data.died);
        } else if (data.id === id) {
          settle();
          resolve(data.value);
        }
      };
      worker.onerror = (event) => lose("crashed", event.message);
      this.#stop = lose;
      watch();
      worker.postMessage({ id, name, args });
    });
  }

  /** @returns {Promise<Worker>} */
  async #started() {
    this.#compiled ??= Promise.all([script("worker"), compiled("wasm")]);
    const [buffers, [address, module]] = await Promise.all([
      Promise.all([bytes("memory"), bytes("library"), bytes("course")]), this.#compiled,
    ]);
    const [memory, library, course] = buffers;
    const worker = new Worker(address, { name: "Python" });
    await new Promise((resolve, reject) => {
      const clock = setTimeout(() => reject(new Error(`it took more than ${START} seconds`)), 1000 * START);
      worker.onerror = (event) => reject(new Error(event.message || "the worker does not start"));
      worker.onmessage = () => {
        clearTimeout(clock);
        resolve(null);
      };
      worker.postMessage({ parts: { module, memory, library, course, folders: this.#folders } }, buffers);
    });
    worker.onmessage = worker.onerror = null;
    return worker;
  }
}
