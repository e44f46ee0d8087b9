/** Light or dark: as the system has it, or as the student chose. */

const system = matchMedia("(prefers-color-scheme: dark)");
const ORDER = ["auto", "light", "dark"];

/** Whether the page is dark now. */
export function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen === "dark" || (chosen !== "light" && system.matches);
}

/**
 * @param {HTMLElement} button goes from one theme to the next
 * @param {import("../work/keeper.js").Keeper} keeper
 * @param {string} key
 */
export function theme(button, keeper, key) {
  const show = (/** @type {string} */ chosen) => {
    document.documentElement.dataset.theme = chosen;
    button.textContent = `Colours: ${{ auto: "as the system", light: "light", dark: "dark" }[chosen]}`;
    document.documentElement.style.colorScheme = chosen === "auto" ? "light dark" : chosen;
    document.documentElement.classList.toggle("dark", isDark());
    dispatchEvent(new Event("theme"));
  };
  const kept = keeper.read(key) ?? "auto";
  show(ORDER.includes(kept) ? kept : "auto");
  system.addEventListener("change", () => show(document.documentElement.dataset.theme ?? "auto"));
  button.addEventListener("click", () => {
    const next = ORDER[(ORDER.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % ORDER.length];
    keeper.offer(key, next);
    show(next);
  });
}
