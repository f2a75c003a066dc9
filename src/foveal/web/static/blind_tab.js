// The tab "Blind test": pairs of files of the same size with shuffled sides, answered by one key.

import { ask, askJson, postJson } from "./api.js";
import { find, make, showError, whileHeld } from "./dom.js";
import { startMoving, zoomByKey } from "./moving.js";
import { percent } from "./numbers.js";
import { photos } from "./photos.js";
import { Stage } from "./stage.js";
import { isShown } from "./tabs.js";
import { View } from "./view.js";

const ANSWERS = { ArrowLeft: "left", ArrowDown: "same", ArrowRight: "right" };

export class BlindTab {
  #test = null; // { id, trials }
  #number = 0;
  #pictures = null; // ImageBitmaps: left, right, original
  #isOriginalHeld = false;
  #shownAt = 0;

  constructor(encoders) {
    for (const [place, id] of ["first-encoder", "second-encoder"].entries()) {
      find(id).append(...encoders.map((name) => make("option", {}, name)));
      find(id).selectedIndex = place === 0 ? 0 : encoders.length - 1;
    }
    const view = new View();
    this.stages = ["left", "right"].map((side) => {
      const stage = new Stage(find(`${side}-canvas`), view, () => this.#paint(stage, side));
      startMoving(stage);
      return stage;
    });
    this.view = view;
    this.#startControls();
  }

  #startControls() {
    find("blind-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#start();
    });
    find("blind-quality").addEventListener("input", () => {
      find("blind-quality-value").textContent = find("blind-quality").value;
    });
    for (const answer of ["left", "same", "right"]) {
      find(`answer-${answer}`).addEventListener("click", () => this.#answer(answer));
    }
    whileHeld(find("blind-original"), () => this.#hold(true), () => this.#hold(false));
    find("end-blind").addEventListener("click", () => this.#end());
    find("new-blind").addEventListener("click", () => this.#show("blind-form"));
    document.addEventListener("keydown", (event) => {
      if (!isShown("tab-blind") || find("blind-trial").hidden || event.target.role === "tab") return;
      if (event.key === "ArrowUp") this.#hold(true);
      else if (event.key in ANSWERS) this.#answer(ANSWERS[event.key]);
      else if (!zoomByKey(event, this.view)) return;
      event.preventDefault();
    });
    document.addEventListener("keyup", (event) => {
      if (event.key === "ArrowUp") this.#hold(false);
    });
    const showCount = () => {
      find("blind-photos").textContent = `${photos.list.length} photos`;
      find("start-blind").disabled = photos.list.length === 0;
    };
    photos.addEventListener("list", showCount);
    showCount();
  }

  async #start() {
    try {
      this.#test = await postJson("/api/blind", {
        photos: photos.list.map((photo) => photo.id),
        encoders: [find("first-encoder").value, find("second-encoder").value],
        quality: Number(find("blind-quality").value),
        repeats: Number(find("repeats").value),
      });
    } catch (error) {
      showError(error.message);
      return;
    }
    this.#number = -1;
    this.#show("blind-trial");
    find("left-canvas").focus();
    this.#next();
  }

  // Show the next pair; one that cannot be made is left out, with a message.
  async #next() {
    this.#pictures = null;
    this.#number += 1;
    if (this.#number >= this.#test.trials) {
      this.#end();
      return;
    }
    const number = this.#number;
    find("trial-count").textContent = `Pair ${number + 1} of ${this.#test.trials}: working …`;
    try {
      const pictures = await this.#load(number);
      if (number !== this.#number) return;
      this.#pictures = pictures;
    } catch (error) {
      showError(`pair ${number + 1} is left out: ${error.message}`);
      if (number === this.#number) this.#next();
      return;
    }
    const [left] = this.#pictures;
    const { width, height } = this.view.picture;
    if (left.width !== width || left.height !== height) this.view.setPicture(left.width, left.height);
    for (const stage of this.stages) stage.draw();
    find("trial-count").textContent = `Pair ${number + 1} of ${this.#test.trials}: which is closer to the original?`;
    this.#shownAt = performance.now();
    if (number + 1 < this.#test.trials) askJson(`${this.#address}/trials/${number + 1}`).catch(() => null); // ahead
  }

  async #load(number) {
    const { photo } = await askJson(`${this.#address}/trials/${number}`);
    const addresses = [`${this.#address}/trials/${number}/left`, `${this.#address}/trials/${number}/right`,
      `/api/photos/${photo}/picture`];
    return Promise.all(addresses.map(async (address) => createImageBitmap(await (await ask(address)).blob())));
  }

  async #answer(answer) {
    if (!this.#pictures) return;
    const seconds = (performance.now() - this.#shownAt) / 1000;
    this.#pictures = null;
    try {
      await postJson(`${this.#address}/trials/${this.#number}`, { answer, seconds });
    } catch (error) {
      showError(error.message);
    }
    this.#next();
  }

  async #end() {
    this.#number = Infinity;
    try {
      const result = await askJson(this.#address);
      find("blind-share").textContent = describe(result);
      find("save-csv").href = `${this.#address}/csv`;
      this.#show("blind-result");
      find("blind-result").focus();
    } catch (error) {
      showError(error.message);
      this.#show("blind-form");
    }
  }

  get #address() {
    return `/api/blind/${this.#test.id}`;
  }

  #hold(isHeld) {
    this.#isOriginalHeld = isHeld;
    for (const stage of this.stages) stage.draw();
  }

  #paint(stage, side) {
    if (!this.#pictures) return;
    const [left, right, original] = this.#pictures;
    stage.drawPicture(this.#isOriginalHeld ? original : side === "left" ? left : right);
  }

  #show(id) {
    for (const each of ["blind-form", "blind-trial", "blind-result"]) find(each).hidden = each !== id;
  }
}

function describe({ encoders: [first, second], preferred, decided, undecided, share, low, high }) {
  const same = undecided ? ` In ${undecided === 1 ? "one pair" : `${undecided} pairs`} you saw no difference.` : "";
  if (!decided) return `No preference was given.${same}`;
  const interval = `95 % confidence interval ${percent(low)} to ${percent(high)}`;
  const verdict = low > 0.5 ? `You prefer ${first}.` : high < 0.5 ? `You prefer ${second}.`
    : "That is too close, or too few answers, to tell them apart.";
  return `You preferred ${first} to ${second} in ${preferred} of ${decided} pairs: ${percent(share)} (${interval}). ` +
    `${verdict}${same}`;
}
