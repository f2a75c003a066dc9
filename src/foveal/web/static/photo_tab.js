// The tab "Photo": joins the chosen photo, its map, the settings, the encodes and the stage.

import { ask, askJson } from "./api.js";
import { BeforeAfter } from "./before_after.js";
import { find, offerFile, showError } from "./dom.js";
import { Encoding } from "./encoding.js";
import { Importance } from "./importance.js";
import { toPicture } from "./overlays.js";
import { photos } from "./photos.js";
import { clearReport, markStale, showReport, showState, startReport } from "./report.js";

const VAIN = "This part counts in full already. Remove importance elsewhere, or choose the blank map.";

export class PhotoTab {
  #maps = new Map(); // the Importance of each photo
  result = null; // the last real result

  constructor(steering) {
    this.steering = steering;
    this.picture = new BeforeAfter();
    this.encoding = new Encoding({
      wait: () => showState("working …"),
      show: (result) => this.#show(result),
      fail: (error) => this.#fail(error),
    });
    startReport();
    photos.addEventListener("select", () => this.#select());
    photos.addEventListener("list", () => this.#forget());
    steering.addEventListener("change", () => this.#steer());
    find("text-matters").addEventListener("change", (event) => {
      if (this.picture.importance) this.picture.importance.isTextMarked = event.target.checked;
    });
    find("remove-photo").addEventListener("click", () => {
      photos.remove(photos.selected).catch((error) => showError(error.message));
    });
  }

  // The settings of the shown photo, with its map if that is edited.
  settings() {
    const settings = this.steering.settings();
    const importance = this.picture.importance;
    return importance?.isEdited ? { ...settings, map: importance.toJson() } : settings;
  }

  async #select() {
    const photo = photos.selected;
    this.result = null;
    this.picture.importance = photo ? this.#importanceOf(photo) : null;
    this.picture.setPhoto(photo);
    this.picture.painting.showState();
    clearReport();
    if (!photo) return;
    this.#encode();
    this.#findMap(photo);
    try {
      const file = await (await ask(`/api/photos/${photo.id}/picture`)).blob();
      const bitmap = await createImageBitmap(file);
      if (photos.selected !== photo) return;
      this.picture.original = bitmap;
      this.picture.stage.draw();
    } catch (error) {
      showError(`${photo.name}: ${error.message}`);
    }
  }

  #steer() {
    const photo = photos.selected;
    if (!photo) return;
    this.#findMap(photo);
    this.picture.importance.setStrength(this.steering.strength);
    this.#encode();
  }

  #importanceOf(photo) {
    if (!this.#maps.has(photo.id)) {
      const importance = new Importance();
      importance.addEventListener("paint", () => this.picture.refresh());
      importance.addEventListener("vain", () => {
        find("reading").textContent = VAIN;
      });
      importance.addEventListener("change", () => {
        this.picture.painting.showState();
        if (this.picture.importance !== importance) return;
        if (importance.isEdited || importance.wasEdited) this.#encode();
        else if (this.result) this.#offerFoundMap(this.result);
        importance.wasEdited = importance.isEdited;
      });
      this.#maps.set(photo.id, importance);
    }
    return this.#maps.get(photo.id);
  }

  async #findMap(photo) {
    const importance = this.#importanceOf(photo);
    const { method } = this.steering;
    if (importance.method === method) return;
    importance.method = method;
    importance.setStrength(this.steering.strength);
    try {
      const named = method === "blank" ? "none" : method;
      const answer = await askJson(`/api/photos/${photo.id}/map?method=${named}`);
      if (importance.method === method) importance.setBase(answer, method === "blank");
    } catch (error) {
      importance.method = null;
      showError(`${photo.name}: ${error.message}`);
    }
  }

  #encode() {
    this.encoding.start(photos.selected, this.settings());
  }

  #show(result) {
    if (result.photo !== photos.selected) return;
    this.steering.showError("");
    if (result.isPreview) {
      const { bits, report } = this.picture.result ?? {}; // the bits of the last real file stay meanwhile
      this.picture.result = { ...result, bits, report: report ?? result.report };
      showState("preview");
    } else {
      this.result = result;
      this.picture.result = result;
      showReport(result);
      showState("");
      this.#offerFoundMap(result);
    }
    this.picture.refresh();
  }

  // Where nothing was painted, the map that was found can be saved, to be changed in another program.
  async #offerFoundMap(result) {
    const { importance } = this.picture;
    if (result.map || !importance.values) return;
    const map = await toPicture(importance);
    if (this.result === result) offerFile(find("save-map"), map, result.report.map_name);
  }

  #fail(error) {
    showState(this.result ? "of the settings before" : "");
    this.steering.showError(error.message);
    markStale(true);
    this.picture.result = this.result; // the last real file stays in sight
    this.picture.refresh();
  }

  #forget() {
    const known = new Set(photos.list.map((photo) => photo.id));
    for (const id of this.#maps.keys()) if (!known.has(id)) this.#maps.delete(id);
  }
}
