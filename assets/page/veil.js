// The veil: keyboard focus stays inside, and goes back where it came from.
let before = null;
new MutationObserver(() => {
  const veil = [...document.querySelectorAll(".veil")].pop();
  if (veil && !veil.contains(document.activeElement)) {
    if (!before) before = document.activeElement;
    const first = veil.querySelector("[autofocus], button, input, textarea, [tabindex]");
    if (first) first.focus();
  } else if (!veil && before) {
    const back = before; before = null;
    if (back.isConnected) back.focus();
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
