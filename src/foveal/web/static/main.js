// Starts the page: asks the server what it holds, and wires the tabs.

import { startAdding } from "./adding.js";
import { askJson } from "./api.js";
import { BlindTab } from "./blind_tab.js";
import { find, showError } from "./dom.js";
import { ManyTab } from "./many_tab.js";
import { photos } from "./photos.js";
import { PhotoTab } from "./photo_tab.js";
import { startReportTabs } from "./report_tabs.js";
import { Steering } from "./steering.js";
import { startStrip } from "./strip.js";
import { startTabs } from "./tabs.js";

const POLL_MS = 500; // while the server opens the photos that it was started with

async function start() {
  history.replaceState(null, "", location.pathname); // the token has become a cookie
  const state = await askJson("/api/state");
  const steering = new Steering();
  startTabs(state.blind ? "tab-blind" : "tab-photo");
  startStrip();
  startAdding(state.limits);
  startReportTabs(new PhotoTab(steering));
  new ManyTab(steering);
  new BlindTab(state.encoders);
  await takeOver(state);
  document.body.dataset.ready = "yes";
}

async function takeOver(state) {
  let latest = state;
  let told = 0;
  for (;;) {
    photos.replace(latest.photos);
    for (const { name, message } of latest.refused.slice(told)) showError(`${name}: ${message}`);
    told = latest.refused.length;
    find("progress-line").textContent = latest.opening ? `opening ${latest.opening} more photos …` : "";
    if (!latest.opening) return;
    await new Promise((resolve) => { setTimeout(resolve, POLL_MS); });
    latest = await askJson("/api/state");
  }
}

start().catch((error) => showError(error.message));
