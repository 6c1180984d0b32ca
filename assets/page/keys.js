// What the page alone knows: keys, whether somebody looks.
let tell = null;
const say = (message) => { if (tell) tell(message); };
const seen = () => say({ kind: "seen", visible: document.visibilityState === "visible", focused: document.hasFocus() });
for (const [target, name] of [[document, "visibilitychange"], [window, "focus"], [window, "blur"]]) target.addEventListener(name, seen);

const typing = (element) => element && (element.tagName === "TEXTAREA" || (element.tagName === "INPUT" && element.type !== "checkbox" && element.type !== "file"));
addEventListener("keydown", (event) => {
  const element = event.target;
  if (event.isComposing || event.keyCode === 229) return;
  // Enter in the composer: sends, or begins a line, as the person chose.
  if (event.key === "Enter" && element.dataset && element.dataset.enter) {
    const sends = element.dataset.enter === "sends" ? !event.shiftKey : event.ctrlKey || event.metaKey;
    if (sends) { event.preventDefault(); element.form.requestSubmit(); }
    return;
  }
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const list = element.closest && element.closest("[data-arrows]");
    if (list && !typing(element)) {
      const items = [...list.querySelectorAll("[data-arrow], button, a")].filter((item) => item.closest("[data-arrows]") === list && item.offsetParent);
      const next = items[items.indexOf(element.closest("[data-arrow], button, a")) + (event.key === "ArrowDown" ? 1 : -1)];
      if (next) { event.preventDefault(); next.focus(); }
      return;
    }
  }
  const control = event.ctrlKey || event.metaKey;
  let name = null;
  const out = event.key === "Escape" && [...document.querySelectorAll(".veil[data-escape], .veil [data-escape]")].pop();
  if (out) { event.preventDefault(); out.click(); return; }
  // What lies over the screen and has no way out of its own keeps the screen.
  if (event.key === "Escape" && document.querySelector(".veil")) return;
  if (event.key === "Escape") name = "back";
  else if (control && !event.shiftKey && !event.altKey) name = { n: "new", f: "search", ",": "settings", "/": "help", l: "lock", "+": "larger", "=": "larger", "-": "smaller", 0: "usual" }[event.key.toLowerCase()];
  else if (event.altKey && event.key === "ArrowDown") name = "next";
  else if (event.altKey && event.key === "ArrowUp") name = "previous";
  else if (event.key === "F1" || (event.key === "?" && !typing(element))) name = "help";
  if (control && event.key === "+") name = "larger";
  if (control && /^[1-9]$/.test(event.key)) name = "open-" + event.key;
  if (name) { event.preventDefault(); say({ kind: "key", name }); }
});
