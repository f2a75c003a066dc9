// What is known of the encoded file: numbers, files to save, and the commands that make the same file.

import { find, make, offerFile } from "./dom.js";
import { bytes, change, percent, time } from "./numbers.js";

export function startReport() {
  for (const name of ["command", "python"]) {
    find(`copy-${name}`).addEventListener("click", () => copy(find(name), find(`copy-${name}`)));
  }
}

export function showState(text) {
  find("state").textContent = text;
}

export function clearReport() {
  markStale(false);
  find("numbers").replaceChildren();
  for (const id of ["command", "python", "warnings"]) find(id).replaceChildren();
  offerFile(find("save-jpeg"), null);
  offerFile(find("save-map"), null);
}

// While the settings make no file, the last one is shown pale and cannot be saved as if it were theirs.
export function markStale(isStale) {
  for (const id of ["result", "recipe"]) find(id).classList.toggle("stale", isStale);
  for (const name of ["command", "python"]) find(`copy-${name}`).disabled = isStale;
  if (!isStale) return;
  for (const id of ["save-jpeg", "save-map"]) offerFile(find(id), null);
}

export function showReport({ photo, report, blob, map }) {
  const rows = {
    Size: `${bytes(report.size_bytes)} (${change(photo.size_bytes, report.size_bytes)})`,
    "SSIMULACRA 2": report.score === null ? "–" : report.score.toFixed(1),
    "Bits per pixel": report.bits_per_pixel.toFixed(3),
    Quality: String(Math.round(100 * report.quality) / 100),
    Colour: report.subsampling,
    Map: describeMap(report),
    Time: time(report.seconds),
  };
  const items = Object.entries(rows).flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]);
  markStale(false);
  find("numbers").replaceChildren(...items);
  find("spoken").textContent = `${rows.Size}, SSIMULACRA 2: ${rows["SSIMULACRA 2"]}`; // for those who listen
  find("command").textContent = report.command;
  find("python").textContent = report.python;
  find("recipe-note").hidden = !map;
  offerFile(find("save-jpeg"), blob, report.jpeg_name);
  offerFile(find("save-map"), map, report.map_name);
  const warnings = [...photo.warnings];
  if (photo.is_transparent) warnings.unshift("Transparent pixels are shown and encoded on white.");
  find("warnings").replaceChildren(...warnings.map((text) => make("li", {}, text)));
}

function describeMap({ saliency, prominence, mean_weight: weight }) {
  if (saliency === "none") return "none";
  const name = saliency === "map" ? "painted" : saliency;
  const judged = prominence === null ? "" : `, prominence ${prominence.toFixed(2)}`;
  return `${name}${judged}, mean weight ${percent(weight)}`;
}

async function copy(source, button) {
  try {
    await navigator.clipboard.writeText(source.textContent);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  } catch { // without https, browsers allow only the reader to copy
    getSelection().selectAllChildren(source);
  }
}
