/** Tabs as the keyboard and screen readers know them: one is chosen, and arrows go from one to the next. */

/**
 * @param {HTMLElement} list holds the tabs: buttons with a `data-name` each
 * @param {(name: string) => void} chosen
 */
export function tabs(list, chosen) {
  list.addEventListener("click", ({ target }) => {
    const tab = /** @type {HTMLElement} */ (target).closest("[role=tab]");
    if (tab instanceof HTMLElement) chosen(tab.dataset.name ?? "");
  });
  list.addEventListener("keydown", (event) => {
    const all = shown(list);
    const here = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: all.length - 1 }[event.key];
    if (here < 0 || to === undefined) return;
    event.preventDefault();
    const next = all[(to + all.length) % all.length];
    next.focus();
    chosen(next.dataset.name ?? "");
  });
}

/** @param {HTMLElement} list */
function shown(list) {
  const all = /** @type {HTMLElement[]} */ ([...list.querySelectorAll("[role=tab]")]);
  return all.filter((tab) => tab.offsetParent !== null);
}

/**
 * @param {HTMLElement} list
 * @param {string} name of the tab that is chosen
 */
export function choose(list, name) {
  for (const tab of list.querySelectorAll("[role=tab]")) {
    if (!(tab instanceof HTMLElement)) continue;
    const is = tab.dataset.name === name;
    tab.setAttribute("aria-selected", String(is));
    tab.tabIndex = is ? 0 : -1;
    if (is && tab.offsetParent) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
}
