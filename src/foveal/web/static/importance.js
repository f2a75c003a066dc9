// The importance of the parts of one photo: the map that the server found, and what was painted over it.

export class Importance extends EventTarget {
  #strokes = []; // each: { target: 0 or 255, cover, left, top, width, height }: how far values go to it, and where
  #undone = [];
  #base = null; // the server's answer
  #strength = 0.8;
  #isTextMarked = false;
  #before = null; // values before the stroke that is being painted
  values = null; // Uint8Array, 255 where it matters most
  width = 0;
  height = 0;

  // Take over a map of the server; a blank one says that nothing matters until it is painted.
  setBase(answer, isBlank) {
    const grey = fromBase64(answer.grey);
    if (isBlank) grey.fill(0);
    this.#base = { ...answer, grey, text: fromBase64(answer.text) };
    this.width = answer.width;
    this.height = answer.height;
    this.#compute();
  }

  setStrength(strength) {
    if (strength === this.#strength) return;
    this.#strength = strength;
    if (this.#base) this.#compute();
  }

  set isTextMarked(isMarked) {
    this.#isTextMarked = isMarked;
    if (this.#base) this.#compute();
  }

  get isTextMarked() {
    return this.#isTextMarked;
  }

  get isEdited() {
    return this.#strokes.length > 0 || this.#isTextMarked;
  }

  get canUndo() {
    return this.#strokes.length > 0;
  }

  get canRedo() {
    return this.#undone.length > 0;
  }

  // Begin a stroke that adds or removes importance; nothing can be painted before the map is there.
  begin(adds) {
    if (!this.values) return false;
    this.#undone = [];
    const { width, height } = this;
    const cover = new Uint8Array(width * height);
    this.#strokes.push({ target: adds ? 255 : 0, cover, left: 0, top: 0, width, height });
    this.#before = this.values.slice();
    return true;
  }

  // Paint a disc with a soft edge; all in pixels of the map.
  paintDisc(x, y, radius) {
    this.#cover(x - radius, y - radius, x + radius, y + radius, (column, row) => {
      const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y) / Math.max(radius, 0.75);
      return distance >= 1 ? 0 : Math.min(1, (1 - distance) * 2.5);
    });
  }

  // Make the stroke a box between two corners.
  paintBox(x0, y0, x1, y1) {
    this.#strokes.at(-1).cover.fill(0);
    this.values.set(this.#before);
    this.#cover(Math.min(x0, x1), Math.min(y0, y1), Math.max(x0, x1), Math.max(y0, y1), () => 1);
  }

  end() {
    const before = this.#before;
    this.#before = null;
    this.#strokes.push(crop(this.#strokes.pop()));
    if (this.values.every((value, place) => value === before[place])) this.dispatchEvent(new Event("vain"));
    this.#changed();
  }

  cancel() {
    this.#before = null;
    this.#strokes.pop();
    this.#compute();
  }

  undo() {
    if (!this.canUndo) return;
    this.#undone.push(this.#strokes.pop());
    this.#compute();
  }

  redo() {
    if (!this.canRedo) return;
    this.#strokes.push(this.#undone.pop());
    this.#compute();
  }

  clear() {
    this.#strokes = [];
    this.#undone = [];
    this.#compute();
  }

  toJson() {
    return { width: this.width, height: this.height, grey: toBase64(this.values) };
  }

  #cover(left, top, right, bottom, share) {
    const { cover, target } = this.#strokes.at(-1);
    for (let row = Math.max(0, Math.floor(top)); row < Math.min(this.height, Math.ceil(bottom)); row++) {
      for (let column = Math.max(0, Math.floor(left)); column < Math.min(this.width, Math.ceil(right)); column++) {
        const place = row * this.width + column;
        cover[place] = Math.max(cover[place], Math.round(255 * share(column, row)));
        this.values[place] = mix(this.#before[place], target, cover[place]);
      }
    }
    this.dispatchEvent(new Event("paint"));
  }

  #compute() {
    const { grey, text } = this.#base;
    this.values = foldFactor(grey, this.#strength, this.#base);
    if (this.#isTextMarked) this.values = this.values.map((value, place) => Math.max(value, text[place]));
    for (const stroke of this.#strokes) {
      stroke.cover.forEach((share, index) => {
        const row = stroke.top + Math.floor(index / stroke.width);
        const place = row * this.width + stroke.left + (index % stroke.width);
        this.values[place] = mix(this.values[place], stroke.target, share);
      });
    }
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("paint"));
    this.dispatchEvent(new Event("change"));
  }
}

const mix = (from, to, share) => Math.round(from + ((to - from) * share) / 255);

// Return a stroke without the empty rows and columns around it, so that hundreds of them take little memory.
function crop(stroke) {
  let [left, top, right, bottom] = [stroke.width, stroke.height, 0, 0];
  stroke.cover.forEach((share, index) => {
    if (!share) return;
    const [column, row] = [index % stroke.width, Math.floor(index / stroke.width)];
    [left, right] = [Math.min(left, column), Math.max(right, column + 1)];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row + 1)];
  });
  const [width, height] = [Math.max(0, right - left), Math.max(0, bottom - top)];
  const cover = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    const start = (top + row) * stroke.width + left;
    cover.set(stroke.cover.subarray(start, start + width), row * width);
  }
  return { target: stroke.target, cover, left, top, width, height };
}

// Where little stands out, the encoder weakens the strength of its map by a factor. A map that is sent counts at full
// strength, so the factor is folded into its values: they then give each block the weight that it had.
function foldFactor(grey, strength, { strength_factor: factor, least_weight: least }) {
  if (factor === 1 || strength === 0) return grey.slice();
  const full = least ** strength;
  const weak = least ** (strength * factor);
  return grey.map((value) => Math.round((255 * (weak + ((1 - weak) * value) / 255 - full)) / (1 - full)));
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function toBase64(values) {
  let text = "";
  for (let start = 0; start < values.length; start += 8192) {
    text += String.fromCharCode(...values.subarray(start, start + 8192));
  }
  return btoa(text);
}
