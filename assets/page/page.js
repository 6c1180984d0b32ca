// What Rust calls. Answers go through the function given to `listen` or `keep`.
//
// The script of the page is the little that must happen in the page itself: what has to be decided before the next paint, and
// what the page alone knows. Everything else is Rust. Each file of this folder is a part of it; `app/src/page.rs` puts them
// into one closed function, in an order in which each finds what it uses. Parts with logic have tests of their own in
// `tests/page`.
window.onionskin = Object.freeze({
  looks, keep, files, pictures, flash, entries,
  listen: (send) => { tell = send; seen(); for (const message of unheard.splice(0)) send(message); },
  jump: (id, row) => { const list = document.getElementById(id); if (list && list.onionskinJump) list.onionskinJump(row); },
  empty: (id, text) => { const field = document.getElementById(id); if (field) { field.value = text || ""; field.dispatchEvent(new Event("input", { bubbles: true })); } },
  fill: (id, text) => { const field = document.getElementById(id); if (field && !field.value) field.value = text; },
  putBack: (id, text) => { const field = document.getElementById(id); if (field) { field.value = field.value ? text + "\n" + field.value : text; field.dispatchEvent(new Event("input", { bubbles: true })); } },
  insert: (id, sign) => { const field = document.getElementById(id); if (field) insert(field, sign); },
  complete: (id, sign) => { const field = document.getElementById(id); if (field) insert(field, sign, /:[^\s:]*$/.exec(field.value)?.index); },
  focus: (id) => { const element = document.getElementById(id); if (element) element.focus(); },
  save: (name, address) => { const link = document.createElement("a"); link.download = name; link.href = address; link.click(); },
  copy: (text) => navigator.clipboard.writeText(text).then(() => true, () => false),
});
