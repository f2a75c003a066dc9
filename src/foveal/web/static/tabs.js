// The tabs of the page: arrows, Home and End move between them, as in other programs.

import { find } from "./dom.js";

const tabs = [...document.querySelectorAll("[role=tab]")];

export function startTabs(first) {
  for (const [place, tab] of tabs.entries()) {
    tab.addEventListener("click", () => showTab(tab.id));
    tab.addEventListener("keydown", (event) => {
      const steps = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: tabs.length - 1 };
      if (!(event.key in steps)) return;
      event.preventDefault();
      const next = tabs.at(steps[event.key] % tabs.length);
      showTab(next.id);
      next.focus();
    });
  }
  showTab(first);
}

export function showTab(id) {
  for (const tab of tabs) {
    tab.setAttribute("aria-selected", String(tab.id === id));
    tab.tabIndex = tab.id === id ? 0 : -1;
    find(tab.getAttribute("aria-controls")).hidden = tab.id !== id;
  }
  document.dispatchEvent(new CustomEvent("tab", { detail: id }));
}

export const isShown = (id) => find(id).getAttribute("aria-selected") === "true";
