// Adding photos: dropped, chosen, or pasted.

import { find, showError } from "./dom.js";
import { photos } from "./photos.js";

const AT_ONCE = 3; // uploads at the same time

export function startAdding(limits) {
  const input = find("files");
  input.addEventListener("change", () => {
    addAll([...input.files], limits);
    input.value = "";
  });
  document.addEventListener("paste", (event) => addAll([...event.clipboardData.files], limits));
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) document.body.classList.remove("dropping");
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("dropping");
    addAll([...event.dataTransfer.files], limits);
  });
}

async function addAll(files, limits) {
  const waiting = [...files];
  let done = 0;
  if (files.length) find("progress-line").textContent = "adding …";
  const work = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      await addOne(file, limits);
      done += 1;
      find("progress-line").textContent = done < files.length ? `${done} of ${files.length} photos added` : "";
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function addOne(file, limits) {
  try {
    if (file.size > limits.upload_bytes) throw new Error(`the file is larger than ${limits.upload_bytes / 1e6} MB`);
    await photos.add(file);
  } catch (error) {
    showError(`${file.name}: ${error.message}`);
  }
}
