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
