// Another screen: the keyboard and a screen reader go there too.
// To its field, else to its heading; never away from a field somebody types into. Back in the list, to the row left before.
// The field for letters waits for a tap where that would bring up the keys of the screen.
let front = null, row = null;
addEventListener("focusin", (event) => { if (event.target.closest && event.target.closest(".screen.list .row")) row = event.target; });
new MutationObserver(() => {
  const panes = document.querySelector(".panes");
  const list = panes && panes.dataset.front === "list";
  const screen = list ? panes.querySelector(".screen.list") : document.querySelector("main.screen");
  if (!screen || screen === front) return;
  const first = !front; front = screen;
  if (document.querySelector(".veil")) return;
  const active = document.activeElement;
  const field = screen.querySelector(matchMedia("(pointer: coarse)").matches ? "[autofocus]" : "[autofocus], [data-cursor]");
  if (field) field.focus({ preventScroll: true });
  else if (first || (typing(active) && active.isConnected)) return;
  else if (list) { if (row && row.isConnected && row.offsetParent) row.focus({ preventScroll: true }); }
  else { const heading = screen.querySelector("h1[tabindex]"); if (heading) heading.focus({ preventScroll: true }); }
}).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-front"] });
