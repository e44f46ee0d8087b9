const collator = new Intl.Collator(undefined, { numeric: true });
const search = document.getElementById("search");

/** A row of a table: what it says, its cells as numbers, and how to draw it. */
const drawn = (row) => ({
  text: row.cells[0].textContent,
  values: [...row.cells].map((cell) => Number(cell.dataset.value ?? cell.textContent)),
  draw: () => row,
});

/** The same for a student of whom the page holds data alone. */
function student([name, numbers, called = "", mail = "", remark = "", folder = name]) {
  const make = (tag, text, about) => Object.assign(document.createElement(tag), { textContent: text, ...about });
  const draw = () => {
    const row = make("tr", "");
    const heading = make("th", "", { scope: "row" });
    heading.append(make("a", name, { href: `./${encodeURIComponent(folder)}/index.html` }));
    if (called) heading.append(" ", make("span", called, { className: "called" }));
    for (const text of [mail, remark]) if (text) heading.append(" ", make("span", text, { className: "title" }));
    row.append(heading, ...numbers.map((number) => make("td", number)));
    return row;
  };
  const values = [NaN, ...numbers.map((number) => (typeof number === "string" ? -1 : number))];
  return { text: [name, called, mail, remark].filter(Boolean).join(" "), values, draw };
}

/** Sorts a table by its headings, and searches the roll. Of a large class as many rows are drawn at a time as were
 * there at first. */
function enliven(table) {
  const body = table.tBodies[0];
  const roll = table.id === "roll";
  const rest = roll && document.getElementById("rest");
  const size = rest ? body.rows.length : Infinity;
  let rows = [...body.rows].map(drawn);
  if (rest) rows.push(...JSON.parse(rest.textContent).map(student));
  let found = rows;
  let first = 0;

  function show(at = 0) {
    const sought = roll ? search.value.trim().toLowerCase() : "";
    found = sought ? rows.filter((row) => row.text.toLowerCase().includes(sought)) : rows;
    first = at;
    const shown = found.slice(first, first + size).map((row) => row.draw());
    body.replaceChildren(...shown);
    if (roll) tell(sought, shown.length);
    if (!rest) return;
    table.setAttribute("aria-rowcount", found.length + 1);
    shown.forEach((row, place) => row.setAttribute("aria-rowindex", first + place + 2));
    for (const button of steps) button.setAttribute("aria-disabled", !reaches(button));
  }

  function tell(sought, shown) {
    const count = (number) => number.toLocaleString("en");
    const part = shown < found.length ? `${count(first + 1)} to ${count(first + shown)} of ` : "";
    const all = `${count(rows.length)} students`;
    document.getElementById("found").textContent = part + (sought ? `${count(found.length)} of ${all}` : all);
  }

  for (const button of table.querySelectorAll("th button")) {
    button.addEventListener("click", () => {
      const heading = button.parentElement;
      const text = button.dataset.kind === "text";
      const before = heading.getAttribute("aria-sort");
      const up = before === "none" ? text : before === "descending";
      for (const other of table.querySelectorAll("th[aria-sort]")) other.setAttribute("aria-sort", "none");
      heading.setAttribute("aria-sort", up ? "ascending" : "descending");
      const value = (row) => row.values[heading.cellIndex];
      rows = [...rows].sort(text ? (a, b) => collator.compare(a.text, b.text) : (a, b) => value(a) - value(b));
      if (!up) rows.reverse();
      show();
    });
  }
  if (!roll) return;

  const students = document.getElementById("students");
  const steps = document.querySelectorAll("[data-step]");
  const reached = (button) => first + size * button.dataset.step;
  const reaches = (button) => reached(button) >= 0 && reached(button) < found.length;
  for (const button of steps) {
    button.addEventListener("click", () => {
      if (!reaches(button)) return;
      show(reached(button));
      students.scrollIntoView();
    });
  }
  if (rest) {
    addEventListener("keydown", (event) => {
      if (event.key !== "f" || !(event.ctrlKey || event.metaKey) || document.activeElement === search) return;
      event.preventDefault();
      search.select();
      students.scrollIntoView();
    });
  }
  search.disabled = false;
  search.addEventListener("input", () => show());
  show();
}

document.querySelectorAll("table.sortable").forEach(enliven);
