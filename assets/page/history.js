// In a browser each screen is an entry of the history: its Back button goes back one screen and never leaves the interface
// while there is one. A window has no such button and keeps no history.
const past = location.protocol === "http:" ? window.history : null;
let depth = past && past.state && past.state.depth || 0, ours = 0;
const entries = (wanted) => {
  if (!past || wanted === depth) return;
  if (wanted > depth) while (depth < wanted) { depth += 1; past.pushState({ depth }, ""); }
  else { ours += 1; past.go(wanted - depth); depth = wanted; }
};
addEventListener("popstate", (event) => {
  if (ours > 0) { ours -= 1; return; }
  const now = event.state && event.state.depth || 0, back = depth - now;
  // Forward leads nowhere: that screen is gone.
  if (back < 0) { ours += 1; past.go(back); return; }
  depth = now;
  for (let step = 0; step < back; step++) say({ kind: "key", name: "back" });
});
