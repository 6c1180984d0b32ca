// In a browser each screen is an entry of the history: its Back button goes back one screen and never leaves the interface
// while there is one. A window has no such button and keeps no history.
//
// Going back takes its time, and whatever is done to the history meanwhile lands elsewhere. So one step waits for the one before
// to arrive, and what is to be is compared with what is then: each entry says where it lies (`index`) and how deep (`depth`).
//
// The library that serves the page numbers the entries and expects that of each; it would rename them when somebody goes back,
// so it does not hear of it.
const pastOf = (past, back) => {
  const here = (state) => ({ at: state?.index ?? Math.max(0, past.length - 1), depth: state?.depth ?? 0 });
  let { at, depth } = here(past.state), wanted = depth, going = false;
  const step = () => {
    if (going || wanted === depth) return;
    if (wanted < depth) { going = true; past.go(wanted - depth); return; }
    while (depth < wanted) { depth += 1; at += 1; past.pushState({ index: at, depth }, ""); }
  };
  return {
    // The interface is so many screens deep.
    is: (screens) => { wanted = screens; step(); },
    // The browser arrived at an entry.
    arrived: (state) => {
      const before = at;
      ({ at, depth } = here(state));
      if (going) { going = false; step(); return; }
      // Forward leads nowhere: that screen is gone.
      if (at > before) { step(); return; }
      wanted = depth;
      for (let screen = at; screen < before; screen++) back();
    },
  };
};
const past = location.protocol === "http:" ? pastOf(window.history, () => say({ kind: "key", name: "back" })) : null;
const entries = (screens) => { if (past) past.is(screens); };
addEventListener("popstate", (event) => { event.stopImmediatePropagation(); if (past) past.arrived(event.state); });
