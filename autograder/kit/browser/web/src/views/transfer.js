/** What goes out and comes in: the zip to hand in, files that are brought, copies, and a file begun anew. */

import { byId, element } from "../dom.js";
import { Refusal, pack, unpack } from "../work/archive.js";
import { notice } from "./notice.js";

/**
 * @param {import("../work/work.js").Work} work
 * @param {string} folder the package's name
 * @param {(name: string, text: string) => void} put makes a text of a file, in the editor too
 */
export function transfer(work, folder, put) {
  const archive = `${folder}.zip`;

  const handIn = () => {
    download(archive, pack(folder, work.files), "application/zip");
    notice(`${archive} is in your downloads: it is the one file to hand in.`);
  };

  /** @param {FileList | File[]} chosen */
  const bring = async (chosen) => {
    const brought = await Promise.all([...chosen].map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) })));
    if (!brought.length) return;
    try {
      const { files, left } = unpack(folder, work.names, brought);
      const names = Object.keys(files);
      if (!names.length) throw new Refusal(`there is no Python file of ${folder} in ${brought.map((each) => each.name).join(", ")}: choose another one.`);
      replace(files, `before ${brought.map((each) => each.name).join(", ")} was brought in`);
      notice(`${listed(names)} brought in${left.length ? `; left out: ${listed(left)}` : ""}. What was there before is among the copies.`);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      notice(error.message[0].toUpperCase() + error.message.slice(1));
    }
  };

  /**
   * Put these files in the place of what is there, of which a copy is kept.
   * @param {Record<string, string>} files
   * @param {string} why
   */
  const replace = (files, why) => {
    work.copies.keep(why, work.files);
    for (const [name, text] of Object.entries(files)) put(name, text);
  };

  const startOver = (/** @type {string} */ name) => {
    const before = work.text(name);
    const stub = work.stubs[name];
    if (stub === undefined || before === stub) {
      notice(stub === undefined ? `${name} is your own: there is nothing to begin it with.` : `${name} is as it was at the beginning.`);
      return;
    }
    replace({ [name]: stub }, `before ${name} was begun anew`);
    notice(`${name} is as it was at the beginning.`, { label: "Undo", act: () => put(name, before) });
  };

  const copies = /** @type {HTMLDialogElement} */ (byId("copies"));
  const list = () => {
    const rows = work.copies.all().map(({ key, name, time, files }) => element(
      "li", {},
      element("p", {}, element("strong", {}, new Date(time).toLocaleString()), ` ${name}`),
      element("p", { class: "label" }, listed(Object.keys(files))),
      element(
        "p", { class: "buttons" },
        element("button", { type: "button", click: () => {
          replace(files, "before a copy was taken back");
          copies.close();
          notice("The copy is back in the editor. What was there before is among the copies.");
        } }, "Take back"),
        element("button", { type: "button", click: () => download(archive, pack(folder, files), "application/zip") }, "Download"),
        element("button", { type: "button", click: () => work.copies.remove(key) }, "Delete"),
      ),
    ));
    byId("copies-list").replaceChildren(...(rows.length ? rows : [element("li", {}, "There are none yet.")]));
  };
  work.copies.addEventListener("changed", list);
  byId("copies-make").addEventListener("click", () => work.copies.keep("by hand", work.files));

  const chooser = /** @type {HTMLInputElement} */ (byId("bring-files"));
  chooser.addEventListener("change", async () => {
    await bring(chooser.files ?? []);
    chooser.value = "";
  });
  document.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    void bring(event.dataTransfer.files);
  });
  return {
    handIn,
    startOver,
    bring: () => chooser.click(),
    copies: () => {
      list();
      copies.showModal();
    },
  };
}

/** @param {string[]} names */
function listed(names) {
  return names.length > 6 ? `${names.slice(0, 5).join(", ")} and ${names.length - 5} more` : names.join(", ");
}

/**
 * @param {string} name
 * @param {Uint8Array<ArrayBuffer>} content
 * @param {string} type
 */
function download(name, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
