// Moving and zooming a stage by mouse, pen, fingers and keys.

const KEY_STEP = 64; // pixels of the screen

// `takes(event, x, y)` may take a pointer for a tool: it returns { move(x, y, event), end(), cancel() }, or null. A second
// finger cancels the tool: two fingers move and zoom.
export function startMoving(stage, takes = () => null) {
  const { canvas, view } = stage;
  const pointers = new Map(); // positions of the pointers that are down
  let tool = null;

  canvas.addEventListener("pointerdown", (event) => {
    const [x, y] = stage.position(event);
    canvas.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, [x, y]);
    if (pointers.size > 1) {
      tool?.cancel();
      tool = null;
    } else if (event.button === 0) {
      tool = takes(event, x, y);
    }
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = pointers.get(event.pointerId);
    if (!before) return;
    const now = stage.position(event);
    if (tool) {
      for (const each of event.getCoalescedEvents?.() ?? [event]) tool.move(...stage.position(each), each);
    } else if (pointers.size === 1) {
      view.pan(now[0] - before[0], now[1] - before[1]);
    } else {
      pinch(event.pointerId, before, now);
    }
    pointers.set(event.pointerId, now);
  });
  const release = (event) => {
    if (!pointers.delete(event.pointerId)) return;
    tool?.end();
    tool = null;
  };
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) canvas.addEventListener(name, release);

  function pinch(id, before, now) {
    const other = [...pointers].find(([key]) => key !== id)[1];
    const distance = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]);
    const middle = [(now[0] + other[0]) / 2, (now[1] + other[1]) / 2];
    view.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
    const factor = distance(now) / Math.max(1, distance(before));
    stage.wantedZoom = (stage.wantedZoom ?? view.zoom) * factor;
    if (Math.abs(stage.wantedZoom - view.zoom) >= (view.zoom >= 1 ? 0.6 : 0.01)) {
      view.zoomTo(stage.wantedZoom, ...middle);
      if (view.zoom < 1) stage.wantedZoom = view.zoom;
    }
  }

  canvas.addEventListener("pointerdown", () => {
    stage.wantedZoom = view.zoom;
  });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    view.step(event.deltaY < 0 ? 1 : -1, ...stage.position(event));
  }, { passive: false });
}

// Handle a key that moves or zooms; return whether it was one.
export function moveByKey(event, view) {
  const moves = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  if (event.key in moves) view.pan(...moves[event.key].map((step) => step * KEY_STEP));
  else return zoomByKey(event, view);
  return true;
}

export function zoomByKey(event, view) {
  if (event.key === "+" || event.key === "=") view.step(1);
  else if (event.key === "-") view.step(-1);
  else if (event.key === "0") view.fit();
  else if (/^[1-8]$/.test(event.key)) view.zoomTo(Number(event.key));
  else return false;
  return true;
}
