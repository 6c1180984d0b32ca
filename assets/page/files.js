// Files and codes: read here, handed over as base64.
const files = (input, limit, send) => input.addEventListener("change", () => {
  const file = input.files[0];
  if (!file) return;
  if (file.size > limit) { input.value = ""; send({ kind: "large" }); return; }
  const reader = new FileReader();
  reader.onload = () => { input.value = ""; send({ kind: "file", name: file.name, data: String(reader.result).split(",", 2)[1] || "" }); };
  reader.onerror = () => send({ kind: "unreadable" });
  reader.readAsDataURL(file);
});

// A picture for the code in it: chosen with the button, dropped on its screen, or pasted. The field for the file is never
// part of the page, so that the window's library leaves it alone.
// The button is heard from the first moment: what was chosen before somebody took it is kept until somebody does.
const takers = new WeakMap(), early = new WeakMap();
addEventListener("click", (event) => {
  const button = event.target.closest && event.target.closest("button[data-picture]");
  if (!button) return;
  const input = document.createElement("input");
  input.type = "file";
  input.accept = "image/png,image/jpeg,image/webp";
  input.addEventListener("change", () => {
    const file = input.files[0], take = takers.get(button);
    if (file && take) take(file); else if (file) early.set(button, file);
  });
  input.click();
});
const pictures = (id, limit, send, tries = 60) => {
  const button = document.getElementById(id);
  if (!button) { if (tries > 0) requestAnimationFrame(() => pictures(id, limit, send, tries - 1)); return; }
  const take = (file) => {
    if (file.size > limit) { send({ kind: "large" }); return; }
    const reader = new FileReader();
    reader.onload = () => send({ kind: "file", data: String(reader.result).split(",", 2)[1] || "" });
    reader.onerror = () => send({ kind: "unreadable" });
    reader.readAsDataURL(file);
  };
  takers.set(button, take);
  if (early.has(button)) { take(early.get(button)); early.delete(button); }
  const screen = button.closest(".screen");
  screen.addEventListener("dragover", (event) => event.preventDefault());
  screen.addEventListener("drop", (event) => {
    const file = event.dataTransfer && event.dataTransfer.files[0];
    if (file) { event.preventDefault(); take(file); }
  });
  const pasted = (event) => {
    if (!button.isConnected) { removeEventListener("paste", pasted); return; }
    const file = event.clipboardData && event.clipboardData.files[0];
    if (file) { event.preventDefault(); take(file); }
  };
  addEventListener("paste", pasted);
};
