// The stage of the tab "Photo": original and result under a divider, overlays, the blink key, and the tools.

import { find, isTyping, whileHeld } from "./dom.js";
import { moveByKey, startMoving } from "./moving.js";
import { drawBits, drawImportance } from "./overlays.js";
import { Painting } from "./painting.js";
import { Stage } from "./stage.js";
import { isShown } from "./tabs.js";
import { View } from "./view.js";

const GRAB = 22; // pixels of the page around the divider that grab it

export class BeforeAfter {
  original = null; // ImageBitmap
  result = null; // see encoding.js
  importance = null;
  #split = 0.5;
  #isOriginalHeld = false;
  #overlay = { key: null, picture: null };
  #pointer = null;

  constructor() {
    this.view = new View();
    this.stage = new Stage(find("canvas"), this.view, (context) => this.#paint(context));
    this.painting = new Painting(this.stage, () => this.importance);
    startMoving(this.stage, (event, x, y) => this.#takeDivider(x) ?? this.painting.take(event, x, y));
    this.view.addEventListener("change", () => {
      find("zoom-level").textContent = `${+(100 * this.view.zoom).toFixed(1)} %`;
    });
    this.#startControls();
    this.#startKeys();
  }

  setPhoto(photo) {
    this.original = null;
    this.result = null;
    this.painting.cursor = null;
    this.painting.corner = null;
    if (photo) {
      this.view.setPicture(photo.width, photo.height);
      this.stage.canvas.style.aspectRatio = Math.min(2, Math.max(0.8, photo.width / photo.height));
    }
    find("canvas").setAttribute("aria-label", photo ? `${photo.name}, before and after` : "No photo");
    this.stage.draw();
  }

  // Something has changed that the overlays show.
  refresh() {
    this.#overlay.key = null;
    this.stage.draw();
  }

  #startControls() {
    find("zoom-in").addEventListener("click", () => this.view.step(1));
    find("zoom-out").addEventListener("click", () => this.view.step(-1));
    find("zoom-fit").addEventListener("click", () => this.view.fit());
    find("zoom-one").addEventListener("click", () => this.view.zoomTo(1));
    find("overlay").addEventListener("change", () => this.stage.draw());
    find("split").addEventListener("input", () => this.#setSplit(Number(find("split").value) / 1000));
    whileHeld(find("blink"), () => this.#hold(true), () => this.#hold(false));
    const { canvas } = this.stage;
    canvas.addEventListener("pointermove", (event) => {
      this.#pointer = this.stage.position(event);
      this.painting.cursor = null;
      this.#read();
      if (this.painting.tool !== "move") this.stage.draw();
    });
    canvas.addEventListener("pointerleave", () => {
      this.#pointer = null;
      this.stage.draw();
    });
  }

  #startKeys() {
    this.stage.canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (this.painting.takeKey(event) || moveByKey(event, this.view)) event.preventDefault();
    });
    document.addEventListener("keydown", (event) => {
      if (!isShown("tab-photo")) return;
      const key = event.key.toLowerCase();
      if ((event.ctrlKey || event.metaKey) && (key === "z" || key === "y") && !event.target.matches("input[size]")) {
        event.preventDefault();
        if (key === "y" || event.shiftKey) this.importance?.redo();
        else this.importance?.undo();
      } else if (!isTyping(event)) {
        if (key === "b") this.#hold(true);
        else if (key === "m") this.#nextOverlay();
        else if (key === "," || key === ".") this.#setSplit(this.#split + (key === "." ? 0.02 : -0.02));
      }
    });
    document.addEventListener("keyup", (event) => {
      if (event.key.toLowerCase() === "b") this.#hold(false);
    });
  }

  #takeDivider(px) {
    if (Math.abs(px - this.#split * this.stage.canvas.width) > GRAB * this.stage.screenScale) return null;
    if (this.painting.tool !== "move" && Math.abs(px - this.#split * this.stage.canvas.width) > GRAB / 3) return null;
    return { move: (x) => this.#setSplit(x / this.stage.canvas.width), end() {}, cancel() {} };
  }

  #setSplit(share) {
    this.#split = Math.min(1, Math.max(0, share));
    find("split").value = Math.round(1000 * this.#split);
    this.stage.draw();
  }

  #hold(isHeld) {
    this.#isOriginalHeld = isHeld;
    this.stage.draw();
  }

  #nextOverlay() {
    const select = find("overlay");
    select.selectedIndex = (select.selectedIndex + 1) % select.options.length;
    this.stage.draw();
  }

  #paint(context) {
    const { width, height } = this.stage.canvas;
    const split = this.#isOriginalHeld ? width : Math.round(this.#split * width);
    this.#paintPart(context, 0, split, this.original ?? this.result?.bitmap);
    this.#paintPart(context, split, width, this.result?.bitmap ?? this.original);
    find("result-label").hidden = this.#isOriginalHeld;
    if (this.#isOriginalHeld) return;
    const overlay = this.#overlayPicture();
    if (overlay) this.stage.drawPicture(overlay, { smooth: find("overlay").value === "importance" });
    this.#paintDivider(context, split, height);
    this.painting.drawPointer(context, this.#pointer);
  }

  #paintPart(context, from, to, picture) {
    if (!picture || to <= from) return;
    context.save();
    context.beginPath();
    context.rect(from, 0, to - from, this.stage.canvas.height);
    context.clip();
    this.stage.drawPicture(picture);
    context.restore();
  }

  #paintDivider(context, x, height) {
    const scale = this.stage.screenScale;
    context.fillStyle = "rgb(0 0 0 / .6)";
    context.fillRect(x - 2 * scale, 0, 4 * scale, height);
    context.fillStyle = "#fff";
    context.fillRect(x - scale, 0, 2 * scale, height);
    context.beginPath();
    context.arc(x, height / 2, 11 * scale, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = "#1f2328";
    for (const side of [-1, 1]) {
      context.beginPath();
      context.moveTo(x + side * 7 * scale, height / 2);
      context.lineTo(x + side * 2.5 * scale, height / 2 - 4.5 * scale);
      context.lineTo(x + side * 2.5 * scale, height / 2 + 4.5 * scale);
      context.fill();
    }
  }

  #overlayPicture() {
    const kind = find("overlay").value;
    const source = kind === "bits" ? this.result?.bits : kind === "importance" ? this.importance?.values : null;
    if (!source) return null;
    if (this.#overlay.key !== source || kind === "importance") {
      const { block_rows: rows, block_columns: columns } = this.result?.report ?? {};
      const picture = kind === "bits" ? drawBits(source, rows, columns) : drawImportance(this.importance);
      this.#overlay = { key: source, picture };
    }
    return this.#overlay.picture;
  }

  // Say what is under the pointer.
  #read() {
    const [x, y] = this.view.toPicture(...this.#pointer).map(Math.floor);
    const { width, height } = this.view.picture;
    if (x < 0 || y < 0 || x >= width || y >= height) {
      find("reading").textContent = "";
      return;
    }
    const parts = [`${x}, ${y}`];
    const { importance, result } = this;
    if (importance?.values) {
      const column = Math.floor((x * importance.width) / width);
      const row = Math.floor((y * importance.height) / height);
      parts.push(`importance ${(importance.values[row * importance.width + column] / 255).toFixed(2)}`);
    }
    if (result?.bits) {
      const place = Math.floor(y / 8) * result.report.block_columns + Math.floor(x / 8);
      parts.push(`${result.bits[place]} bits in block ${Math.floor(x / 8)},${Math.floor(y / 8)}`);
    }
    find("reading").textContent = parts.join(" · ");
  }
}
