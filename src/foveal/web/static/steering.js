// The form of settings. Its values have the names of the arguments of foveal.encode.

import { find } from "./dom.js";

const FIELDS = { quality: "quality-field", target_size: "size-field", target_score: "score-field" };
// What the page calls the arguments that messages name.
const LABELS = { target_size: "Size", target_score: "SSIMULACRA 2", quality: "Quality" };
const ARGUMENT = new RegExp(`^(${Object.keys(LABELS).join("|")})(?= must )`);

export class Steering extends EventTarget {
  constructor() {
    super();
    const form = find("settings");
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", () => this.#update());
    form.addEventListener("change", () => this.#update());
    this.#update();
  }

  get strength() {
    return Number(find("strength").value);
  }

  get method() {
    return find("method").value;
  }

  settings() {
    const settings = {
      strength: this.strength,
      effort: find("effort").value,
      saliency: this.method === "blank" ? "none" : this.method, // a blank map counts once it is painted
      metadata: find("metadata").value,
    };
    const goal = find("goal").value;
    if (goal === "quality") settings.quality = Number(find("quality").value);
    if (goal === "target_size") settings.target_size = find("target-size").value.trim();
    if (goal === "target_score") settings.target_score = Number(find("target-score").value);
    return settings;
  }

  showError(text) {
    find("settings-error").textContent = text.replace(ARGUMENT, (name) => LABELS[name]);
  }

  #update() {
    const goal = find("goal").value;
    for (const [name, id] of Object.entries(FIELDS)) find(id).hidden = name !== goal;
    find("quality-value").textContent = find("quality").value;
    find("score-value").textContent = find("target-score").value;
    find("strength-value").textContent = find("strength").value;
    const now = JSON.stringify(this.settings());
    if (now === this.last) return;
    this.last = now;
    this.dispatchEvent(new Event("change"));
  }
}
