// In a browser each screen is an entry of the history: its Back button goes back one screen and never leaves the interface
// while there is one. A window has no such button and keeps no history.
//
// The library that serves the page numbers the entries (`index`) and expects that of each; it would rename them when somebody
// goes back, so it does not hear of it.
const past = location.protocol === "http:" ? window.history : null;
const known = past && past.state || {};
let at = past ? known.index ?? past.length - 1 : 0, depth = known.depth || 0, ours = 0;
const entries = (wanted) => {
  if (!past || wanted === depth) return;
  if (wanted < depth) { ours += 1; past.go(wanted - depth); at += wanted - depth; depth = wanted; return; }
  while (depth < wanted) { depth += 1; at += 1; past.pushState({ index: at, depth }, ""); }
};
addEventListener("popstate", (event) => {
  event.stopImmediatePropagation();
  if (ours > 0) { ours -= 1; return; }
  const now = event.state?.index ?? at, back = at - now;
  // Forward leads nowhere: that screen is gone.
  if (back < 0) { ours += 1; past.go(back); return; }
  at = now;
  depth = Math.max(0, depth - back);
  for (let step = 0; step < back; step++) say({ kind: "key", name: "back" });
});
