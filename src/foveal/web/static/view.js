// Which part of a picture is seen, and how large. Several canvases may share a view: they move in step.

export const LEVELS = [1 / 16, 1 / 12, 1 / 8, 1 / 6, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 1, 2, 3, 4, 6, 8];

export class View extends EventTarget {
  zoom = 1; // pixels of the screen per pixel of the picture
  x = 0; // the point of the picture at the middle of the canvas
  y = 0;
  isFitted = true;
  picture = { width: 1, height: 1 };
  canvas = { width: 1, height: 1 }; // in pixels of the screen

  setPicture(width, height) {
    this.picture = { width, height };
    this.fit();
  }

  setCanvas(width, height) {
    this.canvas = { width, height };
    if (this.isFitted) this.fit();
    else this.#changed();
  }

  fit() {
    const { picture, canvas } = this;
    this.isFitted = true;
    const scale = Math.min(canvas.width / picture.width, canvas.height / picture.height);
    this.zoom = scale >= 1 ? Math.min(8, Math.floor(scale)) : scale;
    this.x = picture.width / 2;
    this.y = picture.height / 2;
    this.#changed();
  }

  // Zoom so that the point of the picture under (px, py) of the canvas stays there. From 100 % on, a pixel of the
  // picture is a square of whole pixels of the screen.
  zoomTo(zoom, px = this.canvas.width / 2, py = this.canvas.height / 2) {
    const [x, y] = this.toPicture(px, py);
    const limited = Math.min(8, Math.max(Math.min(1 / 16, this.zoom), zoom));
    this.zoom = limited > 1 ? Math.round(limited) : limited;
    this.isFitted = false;
    this.x = x - (px - this.canvas.width / 2) / this.zoom;
    this.y = y - (py - this.canvas.height / 2) / this.zoom;
    this.#changed();
  }

  step(direction, px, py) {
    const larger = LEVELS.find((level) => level > this.zoom * 1.001) ?? 8;
    const smaller = LEVELS.findLast((level) => level < this.zoom * 0.999) ?? this.zoom;
    this.zoomTo(direction > 0 ? larger : smaller, px, py);
  }

  // Move by pixels of the screen.
  pan(dx, dy) {
    this.x -= dx / this.zoom;
    this.y -= dy / this.zoom;
    this.isFitted = false;
    this.#changed();
  }

  // The corner of the picture on the canvas, in whole pixels of the screen.
  get left() {
    return Math.round(this.canvas.width / 2 - this.x * this.zoom);
  }

  get top() {
    return Math.round(this.canvas.height / 2 - this.y * this.zoom);
  }

  toPicture(px, py) {
    return [(px - this.left) / this.zoom, (py - this.top) / this.zoom];
  }

  #changed() {
    this.x = Math.min(this.picture.width, Math.max(0, this.x));
    this.y = Math.min(this.picture.height, Math.max(0, this.y));
    this.dispatchEvent(new Event("change"));
  }
}
