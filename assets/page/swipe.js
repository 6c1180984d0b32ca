// A message that a finger draws towards the end of its line is answered when the finger lets go. It goes with the finger and shows
// an arrow; a finger that moves up or down scrolls, and drawing back lets it go. Only what can be answered (`data-answers`) goes
// along, and nothing while messages are picked.
const DRAWN = 60; // pixels after which letting go answers
const AIMLESS = 12; // pixels within which a finger has no direction yet
const FARTHEST = 84; // pixels that a message goes along
const drawing = ({ draw, reached, answer }) => {
  let from = null, ahead = 1, begun = false, far = false;
  const end = () => { if (begun) draw(from.message, 0); from = null; begun = far = false; };
  return {
    down: (message, x, y, rtl) => { end(); if (message) { from = { message, x, y }; ahead = rtl ? -1 : 1; } },
    move: (x, y) => {
      if (!from) return;
      const along = (x - from.x) * ahead, across = Math.abs(y - from.y);
      if (!begun) {
        if (Math.max(Math.abs(along), across) < AIMLESS) return;
        if (along <= 0 || across * 2 > along) { end(); return; }
        begun = true;
      } else if (across > DRAWN) { end(); return; }
      draw(from.message, Math.max(0, Math.min(along, FARTHEST)) * ahead);
      if (along >= DRAWN && !far) reached();
      far = along >= DRAWN;
    },
    up: () => { const message = far && from ? from.message : null; end(); if (message) answer(message); },
    end,
  };
};

const aside = drawing({
  draw: (message, by) => {
    message.toggleAttribute("data-drawn", by !== 0);
    message.style.setProperty("--drawn", `${by}px`);
    message.style.setProperty("--far", Math.min(1, Math.abs(by) / DRAWN));
  },
  reached: () => say({ kind: "held" }),
  answer: (message) => { const list = message.closest("#thread"); if (list && list.onionskinAnswer) list.onionskinAnswer(message.dataset.row); },
});
addEventListener("pointerdown", (event) => {
  const message = event.pointerType === "touch" && event.isPrimary && event.target.closest ? event.target.closest("[data-answers]") : null;
  aside.down(message, event.clientX, event.clientY, message && getComputedStyle(message).direction === "rtl");
}, true);
addEventListener("pointermove", (event) => { if (event.isPrimary) aside.move(event.clientX, event.clientY); }, true);
addEventListener("pointerup", (event) => { if (event.isPrimary) aside.up(); }, true);
for (const name of ["pointercancel", "blur", "contextmenu"]) addEventListener(name, () => aside.end(), true);
