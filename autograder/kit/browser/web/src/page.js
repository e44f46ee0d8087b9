/** The page: its parts, put together. */

import { Checks } from "./checks.js";
import { byId, prose } from "./dom.js";
import { data } from "./python/embedded.js";
import { Python } from "./python/python.js";
import { ItemsView, score } from "./views/items.js";
import { Layout } from "./views/layout.js";
import { lecture, section } from "./views/lecture.js";
import { said } from "./views/marks.js";
import { Modules } from "./views/modules.js";
import { notice } from "./views/notice.js";
import { ReportView } from "./views/report.js";
import { theme } from "./views/theme.js";
import { transfer } from "./views/transfer.js";
import { TryView } from "./views/trying.js";
import { Keeper } from "./work/keeper.js";
import { Work } from "./work/work.js";

/** @typedef {import("./python/checking.js").Checked} Checked */
/** @typedef {import("./views/items.js").Item} Item */

/** @type {{package: string, stubs: Record<string, string>, items: Item[], given: string[], try: string,
 *   folders: string[]}} */
const course = data("course");
const most = course.items.reduce((sum, item) => sum + (item.bonus ? 0 : item.points), 0);
const prefix = `gradschool:${course.package}:`;
const keeper = new Keeper();

/** @param {string} name of what is kept beside the work, and can be done without */
function kept(name) {
  return { read: () => keeper.read(prefix + name), write: (/** @type {string} */ text) => keeper.offer(prefix + name, text) };
}

const work = new Work(prefix, course.stubs, keeper);
const python = new Python(course.folders);
const checks = new Checks(python, work, course.items.length, {
  read: () => JSON.parse(kept("checked").read() ?? "null"),
  write: (last) => kept("checked").write(JSON.stringify(last)),
});
const checkNow = () => {
  void checks.check();
  return true;
};
const modules = new Modules(work, course.given, kept("open").write, [
  { key: "Mod-Enter", run: checkNow },
  { key: "Mod-s", run: checkNow, preventDefault: true },
]);
const layout = new Layout(kept("view").read(), kept("view").write);
const items = new ItemsView(byId("items"), course.items);
const report = new ReportView(/** @type {HTMLIFrameElement} */ (byId("page-frame")));
const trying = new TryView(course.try, kept("try").read() ?? course.try, kept("try").write, async (code) => {
  return JSON.parse(await python.call("run", [JSON.stringify(work.files), code]));
}, () => python.stop());
const moving = transfer(work, course.package, (name, text) => {
  work.save(name, text);
  modules.refresh(name);
  checks.changed();
});

/**
 * What an event of the page's own carries.
 * @param {Event} event
 * @returns {any}
 */
function carried(event) {
  return /** @type {CustomEvent} */ (event).detail;
}

// --- from one part to another ---------------------------------------------------------------------------------

/**
 * @param {string} name
 * @param {number} line
 */
function goTo(name, line) {
  if (!work.names.includes(name)) return;
  if (!layout.wide) layout.show("code");
  modules.open(name, line);
}

/** @param {string} code */
function tryOut(code) {
  if (!layout.wide) layout.show("try");
  void trying.try(code);
}

checks.addEventListener("checked", (event) => {
  /** @type {Checked} */
  const checked = carried(event);
  score(checked.report, most);
  items.show(checked);
  report.show(checked.html);
  modules.mark(checked.marks);
});
modules.editor.addEventListener("typed", (event) => {
  work.save(modules.editor.name, carried(event));
  checks.changed();
});
modules.editor.addEventListener("moved", (event) => {
  const { line, marks } = carried(event);
  byId("line").replaceChildren(...prose(marks.length ? `Line ${line}. ${said(marks)}` : `Line ${line}`));
  byId("line").classList.toggle("wrong", marks.some((/** @type {{severity: string}} */ mark) => mark.severity === "error"));
});
modules.editor.addEventListener("chosen", (event) => {
  layout.show("items");
  items.goTo(carried(event));
});
work.addEventListener("changed", (event) => {
  modules.refresh(carried(event));
  checks.changed();
});
work.addEventListener("parted", (event) => {
  notice(`${carried(event)} was changed in another tab at the same time: both are kept, the other one among the copies.`);
});
items.addEventListener("place", (event) => {
  const item = course.items.find((each) => each.id === carried(event));
  const place = item && modules.placeOf(item);
  if (place) goTo(...place);
});
items.addEventListener("hint", async (event) => {
  const hint = await checks.hint(carried(event), items.hints(carried(event)));
  if (hint) items.hint(carried(event), hint);
});
items.addEventListener("page", (event) => {
  layout.show("page");
  report.goTo(carried(event));
});
items.addEventListener("section", (event) => {
  layout.show("lecture");
  section(byId("lecture"), carried(event));
});
report.addEventListener("place", (event) => goTo(carried(event).file, carried(event).line));
items.addEventListener("try", (event) => tryOut(carried(event)));
report.addEventListener("try", (event) => tryOut(carried(event)));
lecture(byId("lecture"), tryOut);

// --- buttons and keys -----------------------------------------------------------------------------------------

byId("check").addEventListener("click", () => checks.toggle());
document.addEventListener("keydown", (event) => {
  if (!(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
  if (event.key === "s" || (event.key === "Enter" && !byId("try-part").contains(document.activeElement))) {
    event.preventDefault();
    checkNow();
  }
});
const acts = /** @type {Record<string, () => void>} */ ({
  "hand-in": moving.handIn, bring: moving.bring, copies: moving.copies, "start-over": () => moving.startOver(modules.editor.name),
});
for (const button of document.querySelectorAll("[data-do]")) {
  button.addEventListener("click", () => {
    if (byId("menu").matches(":popover-open")) byId("menu").hidePopover();
    const what = button.getAttribute("data-do") ?? "";
    const act = acts[what] ?? (() => /** @type {HTMLDialogElement} */ (byId(what)).showModal());
    act();
  });
}
const warn = () => {
  byId("unsafe").hidden = keeper.safe;
};
keeper.addEventListener("safety", warn);
warn();
addEventListener("beforeunload", (event) => {
  if (!keeper.safe) event.preventDefault();
});
theme(byId("theme"), keeper, `${prefix}theme`);

// --- begin ----------------------------------------------------------------------------------------------------

score(null, most);
const first = kept("open").read();
modules.open(first && work.names.includes(first) ? first : work.names[0]);
checks.resume();
document.documentElement.dataset.ready = "edit";
python.addEventListener("ready", () => {
  document.documentElement.dataset.ready = "python";
});
python.start().catch(() => {});
const offline = document.querySelector("meta[name=offline]")?.getAttribute("content");
if (offline) navigator.serviceWorker?.register(offline).catch(() => {});
