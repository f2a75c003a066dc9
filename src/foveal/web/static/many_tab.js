// The tab "All photos": a table, and encoding all of them with progress by server-sent events.

import { ask, postJson } from "./api.js";
import { find, make, showError } from "./dom.js";
import { change, count, shortBytes } from "./numbers.js";
import { photos } from "./photos.js";
import { showTab } from "./tabs.js";

export class ManyTab {
  #results = new Map(); // events of the server, by photo
  #batch = null;

  constructor(steering) {
    this.steering = steering;
    find("encode-all").addEventListener("click", () => this.#start());
    find("stop-all").addEventListener("click", () => this.#stop());
    photos.addEventListener("list", () => this.#draw());
  }

  async #start() {
    if (!photos.list.length) return;
    try {
      const keys = photos.list.map((photo) => photo.id);
      this.#batch = await postJson("/api/batches", { photos: keys, settings: this.steering.settings() });
    } catch (error) {
      showError(error.message);
      return;
    }
    this.#results.clear();
    this.#listen(photos.list.length);
    this.#draw();
  }

  async #stop() {
    await ask(`/api/batches/${this.#batch.id}`, { method: "DELETE" }).catch((error) => showError(error.message));
  }

  #listen(total) {
    const { id } = this.#batch;
    const source = new EventSource(`/api/batches/${id}/events`);
    const advance = (event) => {
      const data = JSON.parse(event.data);
      this.#results.set(data.photo, data);
      this.#showProgress(this.#results.size, total);
      this.#drawRow(data.photo);
    };
    source.addEventListener("file", advance);
    source.addEventListener("failure", advance);
    source.addEventListener("end", () => {
      source.close();
      this.#end();
    });
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED) this.#end();
    };
    find("batch-row").hidden = false;
    find("stop-all").hidden = false;
    find("save-zip").hidden = true;
    find("encode-all").disabled = true;
    this.#showProgress(0, total);
  }

  #end() {
    find("stop-all").hidden = true;
    find("encode-all").disabled = false;
    const made = [...this.#results.values()].filter((result) => result.event === "file").length;
    find("save-zip").hidden = made === 0;
    find("save-zip").href = `/api/batches/${this.#batch.id}/zip`;
    find("batch-count").textContent = `${made} files made`;
  }

  #showProgress(done, total) {
    find("batch-progress").max = total;
    find("batch-progress").value = done;
    find("batch-count").textContent = `${done} of ${total}`;
  }

  #draw() {
    find("encode-all").disabled = photos.list.length === 0;
    const body = find("table").tBodies[0];
    const known = new Map([...body.rows].map((row) => [row.dataset.photo, row]));
    body.replaceChildren(...photos.list.map((photo) => known.get(photo.id) ?? makeRow(photo)));
    for (const photo of photos.list) this.#drawRow(photo.id, false);
    this.#drawTotals();
  }

  #drawRow(id, withTotals = true) {
    const row = find("table").tBodies[0].querySelector(`[data-photo="${CSS.escape(id)}"]`);
    const photo = photos.list.find((each) => each.id === id);
    if (!row || !photo) return;
    row.querySelectorAll(".result").forEach((cell) => cell.remove());
    row.append(...resultCells(photo, this.#results.get(id), this.#batch));
    if (withTotals) this.#drawTotals();
  }

  #drawTotals() {
    const done = photos.list.filter((photo) => this.#results.get(photo.id)?.event === "file");
    const before = done.reduce((sum, photo) => sum + photo.size_bytes, 0);
    const after = done.reduce((sum, photo) => sum + this.#results.get(photo.id).size_bytes, 0);
    const all = photos.list.reduce((sum, photo) => sum + photo.size_bytes, 0);
    const row = make("tr", {}, make("td"), make("th", { scope: "row", class: "text" }, `${photos.list.length} photos`),
      make("td"), make("td", {}, shortBytes(all)), make("td", {}, done.length ? shortBytes(after) : ""),
      make("td", {}, done.length ? change(before, after) : ""), make("td"), make("td"));
    find("table").tFoot.replaceChildren(...(photos.list.length ? [row] : []));
  }
}

function makeRow(photo) {
  const picture = make("img", { src: `/api/photos/${photo.id}/thumbnail`, alt: "", loading: "lazy" });
  const name = make("button", {}, photo.name);
  name.addEventListener("click", () => {
    photos.select(photo);
    showTab("tab-photo");
  });
  return make("tr", { "data-photo": photo.id }, make("td", {}, picture), make("td", { class: "text" }, name),
    make("td", {}, `${count(photo.width)} × ${count(photo.height)}`), make("td", {}, shortBytes(photo.size_bytes)));
}

function resultCells(photo, result, batch) {
  const cell = (...children) => make("td", { class: "result" }, ...children);
  if (!result) return [cell(), cell(), cell(), cell()];
  if (result.event === "failure") return [make("td", { class: "result text error", colspan: 4 }, result.message)];
  const address = `/api/batches/${batch.id}/files/${photo.id}`;
  const link = make("a", { href: address, download: result.name }, shortBytes(result.size_bytes));
  const score = result.score === null ? "–" : result.score.toFixed(1);
  const quality = String(Math.round(100 * result.quality) / 100);
  return [cell(link), cell(change(photo.size_bytes, result.size_bytes)), cell(quality), cell(score)];
}
