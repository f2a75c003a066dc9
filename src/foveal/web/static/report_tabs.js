// The tabs "Compare" and "Explain": reports of the server about the shown photo, in frames without scripts.

import { postJson, tab } from "./api.js";
import { find } from "./dom.js";
import { photos } from "./photos.js";

const HINTS = {
  compare: "encodes this photo by foveal and by the other encoders that are installed, in the same number of bytes",
  explain: "shows every stage of the encode, down to the Huffman codes of a block: that of a column and a row, or the " +
    "most salient one",
};

const ALWAYS_MAPPED = ": by the map of where people look, and without a map";

export function startReportTabs(photoTab) {
  for (const kind of ["compare", "explain"]) {
    find(`${kind}-note`).textContent = HINTS[kind];
    find(`start-${kind}`).addEventListener("click", () => makeReport(kind, photoTab));
    photos.addEventListener("select", () => {
      find(`${kind}-frame`).hidden = true;
      find(`${kind}-note`).textContent = HINTS[kind];
    });
  }
  const update = () => {
    for (const kind of ["compare", "explain"]) find(`start-${kind}`).disabled = !photos.selected;
  };
  photos.addEventListener("list", update);
  update();
}

async function makeReport(kind, photoTab) {
  const [button, note, frame] = [find(`start-${kind}`), find(`${kind}-note`), find(`${kind}-frame`)];
  const photo = photos.selected;
  button.disabled = true;
  note.classList.remove("error");
  note.textContent = "working …";
  try {
    const request = kind === "compare" ? comparable(photoTab) : explainable(photoTab);
    const report = await postJson(`/api/photos/${photo.id}/${kind}`, { ...request, tab });
    if (photos.selected !== photo) return;
    frame.src = report.address;
    frame.hidden = false;
    note.textContent = photo.name;
    if (request.settings.saliency === "none" && kind === "compare") note.textContent += ALWAYS_MAPPED;
  } catch (error) {
    note.textContent = error.message;
    note.classList.add("error");
  } finally {
    button.disabled = false;
  }
}

// A comparison needs the quality that was found for the photo, rather than an aim.
function comparable(photoTab) {
  const { target_size: size, target_score: score, ...settings } = photoTab.settings();
  return { settings: { ...settings, quality: settings.quality ?? photoTab.result?.report.quality ?? 80 } };
}

function explainable(photoTab) {
  const text = find("explain-block").value.trim();
  const block = /^(\d+)\s*,\s*(\d+)$/.exec(text)?.slice(1).map(Number);
  if (text && !block) throw new Error(`“${text}” is not a column and a row, such as 28,17`);
  return { settings: photoTab.settings(), block };
}
