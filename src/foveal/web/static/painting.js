// Tools that paint importance on the stage: a brush and a box, by pointer or by keys.

import { find } from "./dom.js";

const KEY_STEP = 16; // pixels of the photo

const chosen = (name) => document.querySelector(`input[name=${name}]:checked`).value;

export class Painting {
  cursor = null; // where the keys paint, in pixels of the photo
  corner = null; // the first corner of a box that is set by keys

  // `importance()` returns the map of the shown photo, or null.
  constructor(stage, importance) {
    this.stage = stage;
    this.importance = importance;
    find("undo").addEventListener("click", () => this.importance()?.undo());
    find("redo").addEventListener("click", () => this.importance()?.redo());
    find("clear").addEventListener("click", () => this.importance()?.clear());
    for (const input of document.querySelectorAll("input[name=tool]")) {
      input.addEventListener("change", () => this.#changeTool());
    }
    find("brush-size").addEventListener("input", () => stage.draw());
  }

  get tool() {
    return chosen("tool");
  }

  // The radius of the brush in pixels of the photo: a share of its longer side.
  get radius() {
    const { width, height } = this.stage.view.picture;
    return (Math.max(width, height) * Number(find("brush-size").value)) / 200;
  }

  // Take a pointer for the tool, see `startMoving`.
  take(event, px, py) {
    const importance = this.importance();
    if (this.tool === "move" || !importance?.begin(chosen("effect") === "add")) return null;
    this.cursor = null;
    const start = this.#toMap(px, py);
    let last = start;
    const paint = (x, y, pressure) => {
      if (this.tool === "box") importance.paintBox(...start, x, y);
      else this.#paintLine(importance, last, [x, y], pressure);
      last = [x, y];
    };
    paint(...start, pressureOf(event));
    return {
      move: (x, y, each) => paint(...this.#toMap(x, y), pressureOf(each)),
      end: () => importance.end(),
      cancel: () => importance.cancel(),
    };
  }

  // Handle a key while a tool is chosen; return whether it was one of these.
  takeKey(event) {
    if (event.key === "[" || event.key === "]") this.#changeSize(event.key === "]" ? 1 : -1);
    else if (event.key.toLowerCase() === "x") this.#changeEffect();
    else if (this.tool === "move") return false;
    else if (event.key.startsWith("Arrow")) this.#moveCursor(event);
    else if (event.key === " " || event.key === "Enter") this.#paintAtCursor();
    else if (event.key === "Escape") this.corner = null;
    else return false;
    this.stage.draw();
    return true;
  }

  // Draw the brush at the pointer or the cursor of the keys; `point` is in pixels of the screen.
  drawPointer(context, point) {
    const { view } = this.stage;
    const place = this.cursor
      ? [view.left + this.cursor[0] * view.zoom, view.top + this.cursor[1] * view.zoom]
      : point;
    if (this.tool === "move" || !place) return;
    if (this.corner) {
      const corner = [view.left + this.corner[0] * view.zoom, view.top + this.corner[1] * view.zoom];
      outline(context, () => context.rect(...corner, place[0] - corner[0], place[1] - corner[1]));
    }
    const radius = this.tool === "box" ? 6 : this.radius * view.zoom;
    outline(context, () => context.arc(...place, radius, 0, 2 * Math.PI));
  }

  showState() {
    const importance = this.importance();
    find("undo").disabled = !importance?.canUndo;
    find("clear").disabled = !importance?.canUndo;
    find("redo").disabled = !importance?.canRedo;
    find("text-matters").checked = importance?.isTextMarked ?? false;
  }

  #paintLine(importance, from, to, pressure) {
    const radius = (this.radius * importance.width * pressure) / this.stage.view.picture.width;
    const steps = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / Math.max(0.5, radius / 3)));
    for (let step = 1; step <= steps; step++) {
      const share = step / steps;
      importance.paintDisc(from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share, radius);
    }
  }

  #toMap(px, py) {
    return this.#scale(this.stage.view.toPicture(px, py));
  }

  #scale([x, y]) {
    const { width, height } = this.stage.view.picture;
    const importance = this.importance();
    return [(x * importance.width) / width, (y * importance.height) / height];
  }

  #moveCursor(event) {
    const { picture, x, y } = this.stage.view;
    const step = event.shiftKey ? 1 : KEY_STEP;
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const [cx, cy] = this.cursor ?? [x, y];
    this.cursor = [
      Math.min(picture.width, Math.max(0, cx + dx * step)),
      Math.min(picture.height, Math.max(0, cy + dy * step)),
    ];
  }

  #paintAtCursor() {
    const importance = this.importance();
    const { x, y } = this.stage.view;
    this.cursor ??= [x, y];
    if (this.tool === "box" && !this.corner) {
      this.corner = this.cursor;
      return;
    }
    if (!importance?.begin(chosen("effect") === "add")) return;
    const place = this.#scale(this.cursor);
    if (this.tool === "box") importance.paintBox(...this.#scale(this.corner), ...place);
    else this.#paintLine(importance, place, place, 1);
    this.corner = null;
    importance.end();
  }

  #changeSize(step) {
    const input = find("brush-size");
    input.value = Number(input.value) + step;
  }

  #changeEffect() {
    const other = chosen("effect") === "add" ? "remove" : "add";
    document.querySelector(`input[name=effect][value=${other}]`).checked = true;
  }

  #changeTool() {
    this.cursor = null;
    this.corner = null;
    if (this.tool !== "move" && find("overlay").value === "none") find("overlay").value = "importance";
    this.stage.canvas.style.cursor = this.tool === "move" ? "grab" : "crosshair";
    this.stage.draw();
  }
}

// A pen paints a thinner line where it is pressed less; a mouse has no pressure.
function pressureOf(event) {
  return event.pointerType === "pen" && event.pressure > 0 ? 0.3 + 0.7 * event.pressure : 1;
}

function outline(context, shape) {
  for (const [width, color] of [[4, "rgb(0 0 0 / .7)"], [2, "#fff"]]) {
    context.beginPath();
    shape();
    context.lineWidth = width;
    context.strokeStyle = color;
    context.stroke();
  }
}
