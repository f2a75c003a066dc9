// A canvas that shows a view pixel by pixel, and is drawn again when something has changed.

const MOST_REDUCED_PIXELS = 8e6;

export class Stage {
  #paint;
  #isWaiting = false;
  #reduced = new Map(); // pictures in the size in which they are shown, while that is below 100 %

  // `paint(context, stage)` draws everything.
  constructor(canvas, view, paint) {
    this.canvas = canvas;
    this.view = view;
    this.#paint = paint;
    this.context = canvas.getContext("2d");
    const observer = new ResizeObserver((entries) => this.#resize(entries.at(-1)));
    try {
      observer.observe(canvas, { box: "device-pixel-content-box" });
    } catch { // Safari does not tell the size in pixels of the screen
      observer.observe(canvas);
    }
    view.addEventListener("change", () => this.draw());
  }

  draw() {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    requestAnimationFrame(() => {
      this.#isWaiting = false;
      this.context.setTransform(1, 0, 0, 1, 0, 0);
      this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
      this.#paint(this.context, this);
    });
  }

  // Draw a picture that fills the place of the photo, whatever its own size.
  drawPicture(picture, { smooth = this.view.zoom < 1 } = {}) {
    const { view, context } = this;
    const width = view.picture.width * view.zoom;
    const height = view.picture.height * view.zoom;
    context.imageSmoothingEnabled = smooth;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.#inSize(picture, width, height), view.left, view.top, width, height);
  }

  // Where a pointer is on the canvas, in pixels of the screen.
  position(event) {
    const box = this.canvas.getBoundingClientRect();
    const scale = this.canvas.width / box.width;
    return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
  }

  get screenScale() {
    return this.canvas.width / (this.canvas.clientWidth || 1);
  }

  // Reducing a large picture takes long: keep the reduced copy of each while the zoom stays.
  #inSize(picture, width, height) {
    if (width >= picture.width || width * height > MOST_REDUCED_PIXELS) return picture;
    const known = this.#reduced.get(picture);
    if (known?.width === Math.round(width)) return known;
    const copy = new OffscreenCanvas(Math.max(1, Math.round(width)), Math.max(1, Math.round(height)));
    const context = copy.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, 0, 0, copy.width, copy.height);
    if (this.#reduced.size > 4) this.#reduced.clear();
    this.#reduced.set(picture, copy);
    return copy;
  }

  #resize(entry) {
    const exact = entry.devicePixelContentBoxSize?.[0];
    const width = nearest(exact?.inlineSize, entry.contentRect.width * devicePixelRatio);
    const height = nearest(exact?.blockSize, entry.contentRect.height * devicePixelRatio);
    if (!width || !height) return; // hidden
    this.canvas.width = width;
    this.canvas.height = height;
    this.view.setCanvas(width, height);
    this.draw();
  }
}

// Return the number of pixels of the screen that the browser tells, if it fits the size that is computed: a screen that
// is only simulated has another.
function nearest(told, computed) {
  return Math.abs(told - computed) < 1 ? told : Math.round(computed);
}
