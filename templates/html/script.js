"use strict";
// Adds what works only with a script: buttons that copy, one that unfolds, and unfolding before printing.
document.documentElement.classList.add("js");

const told = document.createElement("p");
told.className = "unseen";
told.setAttribute("role", "status");
document.body.append(told);

function select(element) {
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

for (const holder of document.querySelectorAll("[data-copy]")) {
  const source = holder.querySelector("pre, code");
  if (!source) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy the " + holder.dataset.copy);
  const tell = (short, long) => {
    button.textContent = short;
    told.textContent = long;
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  };
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      tell("Copied", "Copied");
    } catch {
      // Where the clipboard is not allowed, the text stands selected for the keyboard's own copy.
      select(source);
      tell("Selected", "Selected; copy it with the keyboard");
    }
  });
  holder.append(button);
}

const folded = () => document.querySelectorAll("details:not([open])");
const contents = document.querySelector("nav");
if (contents && folded().length > 0) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Unfold all";
  button.addEventListener("click", () => {
    const closed = [...folded()];
    const open = closed.length > 0;
    for (const details of document.querySelectorAll("details")) details.open = open;
    button.textContent = open ? "Fold all" : "Unfold all";
  });
  contents.append(button);
}

let opened = [];
window.addEventListener("beforeprint", () => {
  opened = [...folded()];
  for (const details of opened) details.open = true;
});
window.addEventListener("afterprint", () => {
  for (const details of opened) details.open = false;
  opened = [];
});
