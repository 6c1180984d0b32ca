// A letter leaves its field in the moment it is sent, whole: what is typed next is the next letter, however fast. It goes to
// Rust with the form. One that is too long for a letter stays where it is.
addEventListener("submit", (event) => {
  event.preventDefault(); // no form of ours leads to another page
  const form = event.target, field = form.querySelector("textarea[data-enter]"), letter = form.elements.letter;
  if (!field || !letter) return;
  const text = field.value, fits = [...text.trim()].length <= Number(field.dataset.limit);
  letter.value = text.trim() && fits ? text : "";
  if (!letter.value) return;
  field.value = "";
  setTimeout(() => field.dispatchEvent(new Event("input", { bubbles: true })));
}, true);
// A button that leaves the keyboard, and on a phone its keys, where it is.
addEventListener("mousedown", (event) => { if (event.target.closest && event.target.closest("[data-keeps-focus]")) event.preventDefault(); }, true);
// A sign where the cursor is, or from `start` to the end of what stands there; the page hears of it as of a key. Through the
// engine's own command where there is one, so that it can be undone.
const insert = (field, sign, start) => {
  field.focus();
  if (start !== undefined) field.setSelectionRange(start, field.value.length);
  if (document.execCommand("insertText", false, sign)) return;
  field.setRangeText(sign, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
};
// What completes a word: Enter and Tab take the first, an arrow up leads into the list, Escape closes it.
addEventListener("keydown", (event) => {
  const offer = event.target.dataset && event.target.dataset.enter && document.getElementById("offer");
  if (!offer || event.isComposing || event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
  const does = {
    Enter: () => offer.querySelector("button").click(),
    Tab: () => offer.querySelector("button").click(),
    ArrowUp: () => [...offer.querySelectorAll("[role=option]")].pop().focus(),
    Escape: () => offer.querySelector("[data-closes]").click(),
  }[event.key];
  if (!does) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  does();
}, true);
