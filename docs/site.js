// Move the dividers of the gallery.
document.addEventListener("input", (event) => {
  event.target.closest(".divider")?.style.setProperty("--at", `${event.target.value}%`);
});
