// The wheel with Ctrl changes the size of the text, as the keys do: one step for each notch, however fine a touchpad counts.
let turned = 0;
addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  turned += event.deltaMode === 0 ? event.deltaY : event.deltaY * 40;
  if (Math.abs(turned) < 40) return;
  say({ kind: "key", name: turned < 0 ? "larger" : "smaller" });
  turned = 0;
}, { passive: false });
