"use strict";
const all = (selector, root = document) => [...root.querySelectorAll(selector)];

for (const button of all("[data-fold]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    for (const details of all(".item > details")) details.open = button.dataset.fold === "open";
  });
}

for (const button of all("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const code = button.parentElement.querySelector("pre");
    getSelection().selectAllChildren(code);
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = button.dataset.copied;
    } catch {
      button.textContent = button.dataset.press;
    }
  });
}

function show() {
  const details = document.querySelector(":target > details");
  if (details) details.open = true;
}
addEventListener("hashchange", show);
show();

let folded = [];
addEventListener("beforeprint", () => {
  folded = all("details:not([open])");
  for (const details of folded) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of folded) details.open = false;
});

const collator = new Intl.Collator(undefined, { numeric: true });
for (const table of all("table.sortable")) {
  const body = table.tBodies[0];
  for (const button of all("th button", table)) {
    button.addEventListener("click", () => {
      const heading = button.parentElement;
      const text = button.dataset.kind === "text";
      const before = heading.getAttribute("aria-sort");
      const up = before === "none" ? text : before === "descending";
      for (const other of all("th[aria-sort]", table)) other.setAttribute("aria-sort", "none");
      heading.setAttribute("aria-sort", up ? "ascending" : "descending");
      const value = (row) => {
        const cell = row.cells[heading.cellIndex];
        return text ? cell.textContent : Number(cell.dataset.value ?? cell.textContent);
      };
      const keyed = [...body.rows].map((row) => [value(row), row]);
      keyed.sort(text ? (a, b) => collator.compare(a[0], b[0]) : (a, b) => a[0] - b[0]);
      if (!up) keyed.reverse();
      body.append(...keyed.map((pair) => pair[1]));
    });
  }
}

const search = document.getElementById("search");
if (search) {
  const found = document.getElementById("found");
  const rows = [...document.getElementById("roll").tBodies[0].rows];
  const texts = rows.map((row) => row.cells[0].textContent.toLowerCase());
  search.disabled = false;
  search.addEventListener("input", () => {
    const sought = search.value.trim().toLowerCase();
    let count = 0;
    rows.forEach((row, place) => {
      const matches = texts[place].includes(sought);
      row.hidden = !matches;
      count += matches;
    });
    found.textContent = sought ? `${count} of ${rows.length} students` : `${rows.length} students`;
  });
}
