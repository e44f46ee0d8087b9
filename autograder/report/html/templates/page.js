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
