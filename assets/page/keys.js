// What the page alone knows: keys, whether somebody looks.
let tell = null;
// What is said before anybody listens (a page that was loaded again) waits, and no more of it than a person does meanwhile.
const unheard = [], MOST_UNHEARD = 16;
const say = (message) => { if (tell) tell(message); else if (unheard.length < MOST_UNHEARD) unheard.push(message); };
const seen = () => say({ kind: "seen", visible: document.visibilityState === "visible", focused: document.hasFocus() });
for (const [target, name] of [[document, "visibilitychange"], [window, "focus"], [window, "blur"]]) target.addEventListener(name, seen);
// What is not kept yet is kept now: nothing may follow.
addEventListener("pagehide", () => say({ kind: "leaving" }));

// ---- which key means what ------------------------------------------------------------------------------------------------
// A letter or sign means the same on every layout that has it, wherever it lies and whether or not it needs Shift there. On a
// layout with other letters, or with other signs on the row of digits, the place of the key counts.
const LETTERS = { n: "new", f: "search", l: "lock", m: "write" };
const SIGNS = { ",": "settings", "/": "help", "+": "larger", "-": "smaller", 0: "usual" };
const PLACES = { Comma: "settings", Slash: "help", Equal: "larger", Minus: "smaller" };
const withControl = ({ key, code, shiftKey }) => {
  if (Object.hasOwn(SIGNS, key)) return SIGNS[key];
  if (/^[1-9]$/.test(key)) return "open-" + key;
  if (shiftKey) return null;
  if (key === "=") return "larger";
  if (/^[a-z]$/i.test(key)) return LETTERS[key.toLowerCase()] ?? null;
  const place = code ?? "", digit = /^Digit(\d)$/.exec(place)?.[1];
  if (digit) return digit === "0" ? "usual" : "open-" + digit;
  // A letter that is not Latin lies where Latin layouts have another one.
  if (!/^\p{L}$/u.test(key) || /^\p{Script=Latin}$/u.test(key)) return null;
  return LETTERS[/^Key([A-Z])$/.exec(place)?.[1].toLowerCase()] ?? PLACES[place] ?? null;
};
// The way out of what lies over the screen.
const wayOut = () => [...document.querySelectorAll(".veil[data-escape], .veil [data-escape]")].pop();
const keyName = (event) => {
  const { key, altKey } = event;
  if (key === "Escape") return "back";
  if (key === "F1") return "help";
  if (altKey) return { ArrowDown: "next", ArrowUp: "previous" }[key] ?? null;
  if (event.ctrlKey || event.metaKey) return withControl(event);
  return key === "?" ? "help" : null;
};

// Whether a key is the beginning of a text, or brings one: then it belongs to the field for letters, wherever the keyboard is.
const beginsText = ({ key, keyCode, ctrlKey, metaKey, altKey, shiftKey }, onControl) => {
  if (ctrlKey || metaKey) return key.toLowerCase() === "v" && !altKey && !shiftKey;
  if (altKey) return false;
  if (key === " ") return !onControl;
  return key === "Dead" || key === "Process" || keyCode === 229 || [...key].length === 1;
};

const typing = (element) => element && (element.tagName === "TEXTAREA" || (element.tagName === "INPUT" && element.type !== "checkbox" && element.type !== "file"));
// The field for letters of the screen in front.
const letterField = () => {
  const field = document.querySelector("main.screen [data-cursor]");
  return field && field.offsetParent && !document.querySelector(".veil") ? field : null;
};
const write = () => { const field = letterField(); if (field) field.focus({ preventScroll: true }); return Boolean(field); };

// ---- arrows: from row to row, and into a row and out again -------------------------------------------------------------------
const rowsOf = (list) => {
  const wanted = list.dataset.arrows === "rows" ? "[data-arrow]" : "[data-arrow], button, a";
  return [...list.querySelectorAll(wanted)].filter((item) => item.closest("[data-arrows]") === list && item.offsetParent);
};
const upOrDown = (element, list, by) => {
  const items = rowsOf(list);
  if (element !== list) return items[items.indexOf(element.closest("[data-arrow], button, a")) + by];
  // From the list itself: up to the newest row in sight. Down scrolls, as it does everywhere.
  const bottom = list.getBoundingClientRect().bottom;
  return by < 0 ? items.findLast((item) => item.getBoundingClientRect().top < bottom - 8) : null;
};
const inOrOut = (element, by) => {
  const row = element.closest("[data-arrow]");
  const items = row ? [row, ...row.querySelectorAll("button, [role=link]")].filter((item) => item.offsetParent) : [];
  return items[items.indexOf(element) + (getComputedStyle(element).direction === "rtl" ? -by : by)];
};
// In a grid of buttons: along a line, and to the same place of the line above or below.
const inGrid = (element, list, key) => {
  const items = [...list.querySelectorAll("button")], at = items.indexOf(element.closest("button"));
  const first = items.findIndex((item) => item.offsetTop !== items[0].offsetTop), wide = first < 0 ? items.length : first;
  const ahead = getComputedStyle(list).direction === "rtl" ? -1 : 1;
  return items[at + { ArrowRight: ahead, ArrowLeft: -ahead, ArrowDown: wide, ArrowUp: -wide }[key]];
};
const ARROWS = ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"];
const arrow = (element, key) => {
  const list = ARROWS.includes(key) && element.closest && element.closest("[data-arrows]");
  if (!list || typing(element)) return null;
  if (list.dataset.arrows === "grid") return inGrid(element, list, key);
  if (key === "ArrowDown" || key === "ArrowUp") return upOrDown(element, list, key === "ArrowDown" ? 1 : -1);
  // While messages are picked nothing inside of one can be pressed.
  if (list.classList.contains("picking")) return null;
  if (key === "ArrowRight" || key === "ArrowLeft") return inOrOut(element, key === "ArrowRight" ? 1 : -1);
  return null;
};

addEventListener("keydown", (event) => {
  const element = event.target;
  const onControl = element.matches && element.matches("button, a, input, select, [role=link], [role=button]");
  if (!event.isComposing && !typing(element) && beginsText(event, onControl) && write()) return;
  if (event.isComposing || event.keyCode === 229) return;
  // Enter in the composer: sends, or begins a line, as the person chose.
  if (event.key === "Enter" && element.dataset && element.dataset.enter) {
    const sends = element.dataset.enter === "sends" ? !event.shiftKey : event.ctrlKey || event.metaKey;
    if (sends) { event.preventDefault(); element.form.requestSubmit(); }
    return;
  }
  if (!event.altKey && !event.ctrlKey && !event.metaKey) {
    const next = arrow(element, event.key);
    if (next) { event.preventDefault(); next.focus(); return; }
  }
  const out = event.key === "Escape" && wayOut();
  if (out) { event.preventDefault(); out.click(); return; }
  // What lies over the screen and has no way out of its own keeps the screen.
  if (event.key === "Escape" && document.querySelector(".veil")) return;
  const name = event.key === "?" && typing(element) ? null : keyName(event);
  if (!name) return;
  event.preventDefault();
  if (name === "write") write(); else say({ kind: "key", name });
});
