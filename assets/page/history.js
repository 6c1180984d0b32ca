// In a browser each screen is an entry of the history: its Back button goes back one screen and never leaves the interface
// while there is one. A window has no such button and keeps no history.
//
// Going back takes its time, and whatever is done to the history meanwhile lands elsewhere. So one step waits for the one before
// to arrive, and what is to be is compared with what is then. How deep an entry lies follows from its number (`index`) and that
// of the first one, which is kept over a reload; nothing goes back beyond the first.
//
// The library that serves the page numbers the entries too, when it has joined: late, and onto whichever entry is in front by
// then. A wrong number leads out of the interface at the next loading. So numbers are written here alone.
const pastOf = (past, kept, back) => {
  let at = past.state?.index ?? Math.max(0, past.length - 1), wanted = null, going = false;
  // One that was never here begins anew, and so does one before the first.
  let first = past.state && kept.get() !== null ? Math.min(kept.get(), at) : at;
  kept.set(first);
  past.replaceState({ index: at }, "");
  past.replaceState = () => {};
  const step = () => {
    const depth = at - first;
    if (going || wanted === null || wanted === depth) return;
    if (wanted < depth) { going = true; past.go(wanted - depth); return; }
    for (let screen = depth; screen < wanted; screen++) { at += 1; past.pushState({ index: at }, ""); }
  };
  return {
    // The interface is so many screens deep.
    is: (screens) => { wanted = screens; step(); },
    // The browser arrived at an entry.
    arrived: (state) => {
      // An entry without a number is of somebody else.
      if (!state && !going) return;
      const before = at;
      at = state?.index ?? first;
      if (at < first) { first = at; kept.set(first); }
      if (going) { going = false; step(); return; }
      // Forward leads nowhere: that screen is gone.
      if (at >= before) { step(); return; }
      wanted = at - first;
      for (let screen = at; screen < before; screen++) back();
    },
  };
};
const kept = {
  get: () => { const number = Number.parseInt(sessionStorage.getItem("first") ?? "", 10); return Number.isNaN(number) ? null : number; },
  set: (number) => sessionStorage.setItem("first", number),
};
const past = location.protocol === "http:" ? pastOf(window.history, kept, () => say({ kind: "key", name: "back" })) : null;
const entries = (screens) => { if (past) past.is(screens); };
addEventListener("popstate", (event) => { event.stopImmediatePropagation(); if (past) past.arrived(event.state); });
