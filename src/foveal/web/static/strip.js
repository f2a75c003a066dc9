// The strip of thumbnails, from which a photo is chosen.

import { find, make } from "./dom.js";
import { photos } from "./photos.js";

export function startStrip() {
  photos.addEventListener("list", draw);
}

function draw() {
  const strip = find("strip");
  find("empty").hidden = photos.list.length > 0;
  find("workplace").hidden = photos.list.length === 0;
  if (photos.list.length < 2) {
    strip.replaceChildren();
    return;
  }
  const known = new Map([...strip.children].map((button) => [button.dataset.photo, button]));
  strip.replaceChildren(...photos.list.map((photo) => known.get(photo.id) ?? makeButton(photo)));
  for (const button of strip.children) {
    button.setAttribute("aria-pressed", String(button.dataset.photo === photos.selected?.id));
  }
}

function makeButton(photo) {
  const picture = make("img", { src: `/api/photos/${photo.id}/thumbnail`, alt: photo.name, loading: "lazy" });
  const button = make("button", { "data-photo": photo.id, title: photo.name }, picture);
  button.addEventListener("click", () => photos.select(photo));
  return button;
}
