// The photos that the server holds, and which of them is shown.

import { ask, askJson } from "./api.js";

class Photos extends EventTarget {
  list = [];
  selected = null;
  #count = 0; // of all photos so far, by which they are sorted: uploads end in any order

  // Take over what the server has; `photos` is its list.
  replace(photos) {
    const known = new Map(this.list.map((photo) => [photo.id, photo]));
    this.list = photos.map((photo) => known.get(photo.id) ?? { ...photo, order: this.#count++ });
    this.#select(this.list.find((photo) => photo.id === this.selected?.id) ?? this.list[0] ?? null);
    this.#tell("list");
  }

  async add(file) {
    const order = this.#count++;
    const address = `/api/photos?name=${encodeURIComponent(file.name)}`;
    const photo = await askJson(address, { method: "POST", body: file });
    this.list = [...this.list, { ...photo, order }].sort((first, second) => first.order - second.order);
    if (!this.selected) this.#select(this.list[0]);
    this.#tell("list");
  }

  async remove(photo) {
    await ask(`/api/photos/${photo.id}`, { method: "DELETE" });
    const place = this.list.indexOf(photo);
    this.list = this.list.filter((other) => other !== photo);
    if (this.selected === photo) this.#select(this.list[Math.min(place, this.list.length - 1)] ?? null);
    this.#tell("list");
  }

  select(photo) {
    this.#select(photo);
    this.#tell("list");
  }

  #select(photo) {
    if (photo === this.selected) return;
    this.selected = photo;
    this.#tell("select");
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }
}

export const photos = new Photos();
