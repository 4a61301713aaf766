// Choosing files and sending them, one after another, straight to the server's disk; the page hears when all are there.

/** @import { Component } from "../kit/make.js" */
import { button, make, own } from "../kit/make.js";

/** @typedef {{ address: string, words: Record<string, string>, most: number }} Data */

/**
 * Sends one file; resolves with the server's refusal, or "" when it was taken.
 * @param {string} address
 * @param {File} file
 * @param {(share: number) => void} progress
 * @returns {Promise<string>}
 */
function send(address, file, progress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("PUT", `${address}/${encodeURIComponent(file.name)}`);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => progress(event.lengthComputable ? event.loaded / event.total : 0);
    request.onload = () => resolve(request.status < 300 ? "" : request.responseText || String(request.status));
    request.onerror = () => resolve("×");
    request.send(file);
  });
}

/** @param {Component<Data>} component */
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = own(parentElement, ".upload");
  const told = make("div", "told");
  told.setAttribute("role", "status");
  const bar = make("progress");
  bar.max = 1;
  bar.value = 0;
  bar.hidden = true;
  bar.setAttribute("aria-label", data.words.sending);
  const input = make("input");
  input.type = "file";
  input.multiple = true;
  input.accept = ".csv,.xlsx,.zip,.yaml";
  input.hidden = true;

  /** @param {FileList | null} files */
  async function take(files) {
    if (!files || !files.length || !bar.hidden) return;
    const chosen = [...files];
    const total = chosen.reduce((sum, file) => sum + file.size, 0) || 1;
    let done = 0;
    bar.hidden = false;
    told.classList.remove("bad");
    for (const file of chosen) {
      told.textContent = `${data.words.sending} ${file.name}`;
      const refusal =
        file.size > data.most
          ? data.words.tooLarge
          : await send(data.address, file, (share) => {
              bar.value = (done + share * file.size) / total;
            });
      if (refusal) {
        bar.hidden = true;
        told.textContent = `${file.name}: ${refusal === "×" ? data.words.broken : refusal.split("\n")[data.words.lang === "en" ? 1 : 0] || refusal}`;
        told.classList.add("bad");
        if (done) setTriggerValue("arrived", chosen.length);
        return;
      }
      done += file.size;
    }
    bar.hidden = true;
    told.textContent = "";
    setTriggerValue("arrived", `${chosen.length}-${Date.now()}`);
  }

  input.onchange = () => {
    void take(input.files);
    input.value = ""; // the same file, corrected, may be chosen again
  };
  const choose = button("choose", data.words.choose, () => input.click());
  root.ondragover = (event) => {
    event.preventDefault();
    root.classList.add("over");
  };
  root.ondragleave = () => root.classList.remove("over");
  root.ondrop = (event) => {
    event.preventDefault();
    root.classList.remove("over");
    take(event.dataTransfer ? event.dataTransfer.files : null);
  };
  root.replaceChildren(choose, make("span", "hint", data.words.hint), input, bar, told);
}
