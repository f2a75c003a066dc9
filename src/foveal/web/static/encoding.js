// Encoding the shown photo: a preview of effort `fast` at once, the real file after it; what is older is dropped.

import { post, tab } from "./api.js";

const QUIET_MS = 200; // the real encode waits until nothing has changed for so long
const FIRST_QUALITY = 75; // of the first preview, while the quality for an aim is not yet known

export class Encoding {
  #show;
  #fail;
  #wait;
  #round = 0; // number of the latest change
  #finished = 0; // number of the change whose real file, or error, is shown
  #isPreviewing = false;
  #nextPreview = null;
  #timer = 0;
  #abort = new AbortController();
  #qualities = new Map(); // the last quality found for a photo

  // `show(result)`, `fail(error)` and `wait()` tell what happens; a result has photo, report, blob and isPreview.
  constructor({ show, fail, wait }) {
    this.#show = show;
    this.#fail = fail;
    this.#wait = wait;
  }

  start(photo, settings) {
    this.#round += 1;
    this.#abort.abort();
    this.#abort = new AbortController();
    clearTimeout(this.#timer);
    if (!photo) return;
    const job = { round: this.#round, photo, settings };
    this.#wait();
    this.#nextPreview = job;
    this.#preview();
    this.#timer = setTimeout(() => this.#encode(job), QUIET_MS);
  }

  // One preview at a time: while something is dragged, each starts when the one before it is shown.
  async #preview() {
    if (this.#isPreviewing) return;
    this.#isPreviewing = true;
    while (this.#nextPreview) {
      const job = this.#nextPreview;
      this.#nextPreview = null;
      if (job.round <= this.#finished) continue;
      const result = await this.#ask(job, this.#previewSettings(job), true).catch(() => null);
      if (result && this.#isWanted(job)) this.#show(result);
    }
    this.#isPreviewing = false;
  }

  #previewSettings({ photo, settings }) {
    const { target_size: size, target_score: score, ...others } = settings;
    const quality = settings.quality ?? this.#qualities.get(photo.id) ?? FIRST_QUALITY;
    return { ...others, quality, effort: "fast" };
  }

  async #encode(job) {
    try {
      const result = await this.#ask(job, job.settings, false, this.#abort.signal);
      this.#qualities.set(job.photo.id, result.report.quality);
      if (job.round !== this.#round) return;
      this.#finished = job.round;
      this.#show(result);
    } catch (error) {
      if (error.name === "AbortError" || job.round !== this.#round) return;
      this.#finished = job.round;
      this.#fail(error);
    }
  }

  // A preview is shown unless the real file of this or a later change is there, or another photo is shown.
  #isWanted(job) {
    return job.round > this.#finished && (job.round === this.#round || this.#nextPreview?.photo === job.photo);
  }

  async #ask({ photo }, settings, isPreview, signal) {
    const response = await post(`/api/photos/${photo.id}/encode`, { settings, preview: isPreview, tab }, signal);
    const form = await response.formData();
    const report = JSON.parse(await form.get("report").text());
    const bits = form.get("bits") && new Uint16Array(await form.get("bits").arrayBuffer());
    const bitmap = await createImageBitmap(form.get("jpeg"));
    return { photo, report, isPreview, blob: form.get("jpeg"), bitmap, bits, map: form.get("map") };
  }
}
