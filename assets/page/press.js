// A long press of our own, the same in every engine: whoever holds a finger still for half a second on something with a menu
// (`data-menu`) opens it. Moving, scrolling and a second finger end it. The system's own menu on a finger is kept away there,
// and the click that follows when the finger is lifted is none.
const HOLD = 500; // milliseconds, what phones have taught people
const SLIP = 10; // pixels that a finger at rest may move
const longPress = (timer, held) => {
  let at = null, waiting = null, done = false;
  const end = () => { timer.clear(waiting); at = null; };
  return {
    down: (target, x, y) => {
      end();
      done = false;
      if (!target) return;
      at = { x, y };
      waiting = timer.set(() => { at = null; done = true; held(target, x, y); }, HOLD);
    },
    move: (x, y) => { if (at && Math.hypot(x - at.x, y - at.y) > SLIP) end(); },
    end,
    // Whether the press became a menu: asked once for the click that follows.
    was: () => { const was = done; done = false; return was; },
  };
};

const press = longPress({ set: setTimeout.bind(window), clear: clearTimeout.bind(window) }, (target, x, y) => {
  if (!target.isConnected) return;
  say({ kind: "held" });
  target.dispatchEvent(new MouseEvent("contextmenu", { bubbles: true, cancelable: true, clientX: x, clientY: y }));
});
// Where the mouse was pressed last; `null` after a finger or a key, which have no place on the screen that matters.
let finger = false, pointer = null;
addEventListener("pointerdown", (event) => {
  finger = event.pointerType !== "mouse";
  pointer = finger ? null : { x: event.clientX, y: event.clientY };
  press.down(finger && event.isPrimary && event.target.closest ? event.target.closest("[data-menu]") : null, event.clientX, event.clientY);
}, true);
addEventListener("pointermove", (event) => press.move(event.clientX, event.clientY), true);
for (const name of ["pointerup", "pointercancel", "scroll", "blur", "dragstart"]) addEventListener(name, () => press.end(), true);
addEventListener("keydown", () => { pointer = null; press.was(); }, true);
addEventListener("contextmenu", (event) => {
  if (event.isTrusted && finger && event.target.closest && event.target.closest("[data-menu]")) { event.preventDefault(); event.stopImmediatePropagation(); }
}, true);
addEventListener("click", (event) => { if (press.was()) { event.preventDefault(); event.stopImmediatePropagation(); } }, true);
