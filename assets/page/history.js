// In a browser each screen is an entry of the history: its Back button goes back one screen and never leaves the interface
// while one lies over the list. A window has no such button and keeps no history.
//
// Entries are only ever added, while somebody goes deeper: a browser passes over those that no hand asked for, and going back
// by program takes its time, during which whatever else is done lands elsewhere. So there can be more entries than screens.
// Whoever goes back with the list in front leaves at once, over all that are left.
//
// The library that serves the page numbers the entries too, late, and onto whichever is in front by then. Our numbers alone
// count; they bear the name that it reads.
const pastOf = (past, back) => {
  const number = (state) => (Number.isInteger(state?.index) ? state.index : 0);
  let at = number(past.state), screens = 0;
  past.replaceState({ index: at }, "");
  past.replaceState = () => {};
  const reach = () => { while (at < screens) past.pushState({ index: (at += 1) }, ""); };
  return {
    // The interface is so many screens deep.
    is: (deep) => { screens = deep; reach(); },
    // A hand is at work: what a closed menu used up is there again.
    reach,
    // The browser arrived at an entry. Forward leads nowhere: that screen is gone.
    arrived: (state) => {
      const before = at;
      at = number(state);
      if (at >= before) return;
      if (screens === 0) { past.go(-at - 1); return; }
      for (let entry = at; entry < before; entry++) back();
    },
  };
};
const past = location.protocol === "http:" ? pastOf(window.history, () => {
  const out = wayOut();
  if (out) out.click(); else say({ kind: "key", name: "back" });
}) : null;
const entries = (screens) => { if (past) past.is(screens); };
addEventListener("popstate", (event) => { event.stopImmediatePropagation(); if (past) past.arrived(event.state); });
for (const hand of ["pointerdown", "keydown"]) addEventListener(hand, () => { if (past) past.reach(); }, true);
