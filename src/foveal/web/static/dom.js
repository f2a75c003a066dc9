// Short names for what every module does with the page.

export const find = (id) => document.getElementById(id);

// Make an element: make("td", { class: "text" }, "words", another element).
export function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

// Show an error at the top of the page until it is dismissed.
export function showError(text) {
  const button = make("button", { "aria-label": "Dismiss" }, "×");
  const message = make("p", { class: "message" }, make("span", {}, text), button);
  button.addEventListener("click", () => message.remove());
  find("messages").append(message);
  while (find("messages").children.length > 5) find("messages").firstChild.remove();
}

// Call `press` while a button is held, by pointer or keyboard, and `release` at the end.
export function whileHeld(button, press, release) {
  button.addEventListener("pointerdown", (event) => {
    button.setPointerCapture(event.pointerId);
    press();
  });
  button.addEventListener("keydown", (event) => {
    if ((event.key === " " || event.key === "Enter") && !event.repeat) press();
  });
  for (const name of ["pointerup", "pointercancel", "keyup", "blur"]) button.addEventListener(name, release);
}

// Whether a key was pressed where it means text or a choice, not a command.
export function isTyping(event) {
  return event.ctrlKey || event.metaKey || event.altKey ||
    event.target.closest?.("input:not([type=range], [type=radio], [type=checkbox]), textarea, select") != null;
}

// Let the browser save a link's file under a name; the file that it pointed to before is let go.
export function offerFile(link, blob, name) {
  if (link.href.startsWith("blob:")) URL.revokeObjectURL(link.href);
  if (!blob) {
    link.removeAttribute("href");
    return;
  }
  link.href = URL.createObjectURL(blob);
  link.download = name;
}
