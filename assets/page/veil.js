// The veil: keyboard focus stays inside, and goes back where it came from. A menu that a mouse opened lies where the mouse is.
const MARGIN = 8; // pixels between a menu and the edge
// The upper left corner of a menu of this size for this point, inside of this room: below and after the point, or above and
// before it where there is no room.
const placed = (point, size, room) => {
  const along = (at, length, most) => Math.max(MARGIN, at + length + MARGIN <= most ? at : Math.min(at, most - MARGIN) - length);
  return { left: along(point.x, size.width, room.width), top: along(point.y, size.height, room.height) };
};
// Where a menu belongs: at the mouse, for a key at what has the keyboard, for a finger nowhere: it gets a sheet of its own.
const origin = () => {
  if (pointer || finger || !matchMedia("(hover: hover)").matches) return pointer;
  const active = document.activeElement;
  if (!active || active === document.body) return null;
  const box = active.getBoundingClientRect();
  return { x: box.left + 24, y: Math.min(box.bottom, innerHeight) - 12 };
};
const layMenu = (veil) => {
  const menu = veil.querySelector(":scope > .menu"), at = menu && !veil.dataset.at ? origin() : null;
  if (!at) return;
  veil.dataset.at = "pointer";
  const room = veil.getBoundingClientRect(), bar = veil.querySelector(":scope > .react-bar");
  // The bar of reactions lies above the menu, and both go together.
  const above = bar ? bar.offsetHeight + MARGIN : 0, width = Math.max(menu.offsetWidth, bar ? bar.offsetWidth : 0);
  const { left, top } = placed({ x: at.x - room.left, y: at.y - room.top }, { width, height: menu.offsetHeight + above }, room);
  for (const [part, y] of [[bar, top], [menu, top + above]]) if (part) { part.style.left = `${left}px`; part.style.top = `${y}px`; }
};
// Where the keyboard begins: where the veil says, else at the first thing to do. A sheet under a finger shows no keys unasked.
const beginning = (veil) => {
  const wanted = veil.querySelector("[autofocus]");
  if (wanted && !(finger && wanted.closest(".sheet"))) return wanted;
  return veil.querySelector(":scope > .menu button") ?? veil.querySelector("button, input, textarea, [tabindex]");
};

let before = null, veiled = null;
new MutationObserver(() => {
  const veil = [...document.querySelectorAll(".veil")].pop();
  if (veil && veil !== veiled) layMenu(veil);
  veiled = veil;
  if (veil && !veil.contains(document.activeElement)) {
    if (!before) before = document.activeElement;
    const first = beginning(veil);
    if (first) first.focus();
  } else if (!veil && before) {
    const back = before; before = null;
    if (back.isConnected && back !== document.body) back.focus({ preventScroll: true }); else write();
  }
}).observe(document.documentElement, { childList: true, subtree: true });
addEventListener("keydown", (event) => {
  const veil = [...document.querySelectorAll(".veil")].pop();
  if (event.key !== "Tab" || !veil) return;
  const items = [...veil.querySelectorAll("button, input, textarea, a, [tabindex]")].filter((item) => !item.disabled && item.offsetParent);
  const [first, last] = [items[0], items[items.length - 1]];
  if (event.shiftKey ? document.activeElement === first : document.activeElement === last) {
    event.preventDefault(); (event.shiftKey ? last : first)?.focus();
  }
}, true);
