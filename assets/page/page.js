// The little that must happen in the page itself: what has to be decided before the next paint, and what the page alone
// knows. Everything else is Rust. Rust calls `onionskin.*`; answers go through the function given to `listen` or `keep`.
"use strict";
(() => {
  // ---- reach: the page talks to its own events and to nothing else -------------------------------------------------
  // The window's library serves any file of the machine to its page. Nothing foreign ever runs here; should something,
  // it finds these doors shut. The policy in the head shuts the others (frames, workers, pictures, scripts).
  const own = (address) => {
    const url = new URL(address, location.href);
    // Not by `origin`: that of the window's own scheme is opaque.
    return url.protocol === location.protocol && url.host === location.host && /^\/+__events$/.test(url.pathname);
  };
  const refuse = () => { throw new TypeError("not allowed"); };
  const open = XMLHttpRequest.prototype.open;
  const fetched = window.fetch;
  const lock = (object, name, value) => Object.defineProperty(object, name, { value, writable: false, configurable: false });
  lock(XMLHttpRequest.prototype, "open", function (method, address, ...rest) {
    return own(address) ? open.call(this, method, address, ...rest) : refuse();
  });
  lock(window, "fetch", (address, ...rest) => (typeof address === "string" && own(address) ? fetched(address, ...rest) : Promise.reject(new TypeError("not allowed"))));
  for (const name of ["EventSource", "Worker", "SharedWorker", "RTCPeerConnection", "WebTransport"]) {
    if (name in window) lock(window, name, refuse);
  }
  lock(Navigator.prototype, "sendBeacon", () => false);
  // Nothing leads out of the page: a link is a button that asks first. What is dropped goes into text or nowhere.
  lock(window, "open", () => null);
  const caught = (event) => {
    const anchor = event.composedPath().find((node) => node instanceof Element && /^(a|area)$/i.test(node.localName));
    if (anchor && !anchor.hasAttribute("download")) { event.preventDefault(); event.stopImmediatePropagation(); }
  };
  for (const name of ["click", "auxclick", "dragstart"]) addEventListener(name, caught, true);
  const takesText = (element) => element instanceof Element && element.matches("textarea, input:not([type=checkbox]):not([type=radio]):not([type=file])");
  const carriesFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].some((type) => /^(Files|text\/uri-list)$/.test(type));
  const isFor = (event) => takesText(event.target) ? !carriesFiles(event) : event.target instanceof Element && event.target.matches("input[type=file]") && event.dataTransfer.types.includes("Files");
  for (const name of ["dragover", "drop"]) addEventListener(name, (event) => { if (!isFor(event)) event.preventDefault(); }, true);
  // The window's library shows no menu at all; text may have one, to copy and paste.
  addEventListener("contextmenu", (event) => {
    if (takesText(event.target) || !getSelection().isCollapsed) event.stopPropagation();
  }, true);

  // ---- looks ------------------------------------------------------------------------------------------------------
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const light = () => { root.dataset.mode = root.dataset.wanted === "system" ? (dark.matches ? "dark" : "light") : root.dataset.wanted; };
  dark.addEventListener("change", light);
  const looks = (theme, wanted, accent, scale, lang) => {
    Object.assign(root.dataset, { theme, wanted, accent });
    root.style.setProperty("--text-scale", scale);
    root.lang = lang;
    light();
  };
  light();

  // ---- what the page alone knows: keys, whether somebody looks -------------------------------------------------------
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

  // A letter leaves its field in the moment it is sent, whole: what is typed next is the next letter, however fast. It goes to
  // Rust with the form. One that is too long for a letter stays where it is.
  addEventListener("submit", (event) => {
    event.preventDefault(); // no form of ours leads to another page
    const form = event.target, field = form.querySelector("textarea[data-enter]"), letter = form.elements.letter;
    if (!field || !letter) return;
    const text = field.value, fits = [...text].length <= Number(field.dataset.limit);
    letter.value = text.trim() && fits ? text : "";
    if (!letter.value) return;
    field.value = "";
    setTimeout(() => field.dispatchEvent(new Event("input", { bubbles: true })));
  }, true);
  // A button that leaves the keyboard, and on a phone its keys, where it is.
  addEventListener("mousedown", (event) => { if (event.target.closest && event.target.closest("[data-keeps-focus]")) event.preventDefault(); }, true);

  // ---- the veil: keyboard focus stays inside, and goes back where it came from -----------------------------------------
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

  // ---- a list that keeps its place by content ----------------------------------------------------------------------------
  // Rows carry `data-row`. A reader at the end stays at the end; one above is never moved: the first row in sight keeps its
  // distance to the upper edge whatever comes, goes or grows, before the next paint.
  const keep = (list, place, send) => {
    const near = 32;
    let atEnd = !place, anchors = [], top = 0, asked = { older: 0, newer: 0 }, settle = 0;
    const edge = () => list.getBoundingClientRect().top + list.clientTop;
    const rows = () => list.querySelectorAll("[data-row]");
    const room = () => list.scrollHeight - list.clientHeight;
    const isEnd = () => list.dataset.newest === "true" && room() - list.scrollTop < near;
    const find = (id) => list.querySelector(`[data-row="${id}"]`);
    // The rows in sight and where they stand. Several, because the first may be the one that goes.
    const look = () => {
      const above = edge(), below = above + list.clientHeight, all = rows();
      anchors = [];
      top = list.scrollTop;
      // The first row in sight, by halving: rows stand one below the other.
      let from = 0, to = all.length;
      while (from < to) { const middle = (from + to) >> 1; if (all[middle].getBoundingClientRect().bottom > above) to = middle; else from = middle + 1; }
      for (; from < all.length; from++) {
        const box = all[from].getBoundingClientRect();
        if (box.top >= below && anchors.length) break;
        anchors.push({ id: all[from].dataset.row, offset: box.top - above });
      }
    };
    const end = () => { list.scrollTop = list.scrollHeight; look(); };
    const restore = () => {
      if (!list.isConnected) return;
      if (atEnd && list.dataset.newest === "true") { end(); return; }
      atEnd = false;
      // What the reader scrolled since the last look is the reader's; what the list lost at its end is not.
      const now = list.scrollTop, moved = now < room() - 1 && now > 0 ? now - top : 0;
      for (const { id, offset } of anchors) {
        const row = find(id);
        if (!row) continue;
        const away = row.getBoundingClientRect().top - edge() - (offset - moved);
        if (Math.abs(away) >= 0.5) list.scrollTop += away;
        break;
      }
      look();
    };
    const ask = (kind) => {
      const now = performance.now();
      if (list.dataset[kind === "older" ? "oldest" : "newest"] === "true" || now - asked[kind] < 400) return;
      asked[kind] = now; send({ kind });
    };
    const reach = () => {
      const lead = list.clientHeight * 2;
      if (list.scrollTop < lead) ask("older");
      if (room() - list.scrollTop < lead) ask("newer");
    };
    const settled = () => {
      if (!list.isConnected) return;
      const bottom = edge() + list.clientHeight;
      const numbers = anchors.filter(({ id }) => /^\d+$/.test(id));
      let last = null;
      for (const { id } of numbers) { if (find(id)?.getBoundingClientRect().top < bottom - 8) last = id; }
      const first = numbers[0];
      send({ kind: "settled", end: atEnd, last, first: first ? first.id : null, offset: first ? first.offset : 0 });
    };
    const rest = () => { clearTimeout(settle); settle = setTimeout(settled, 120); };
    const scrolled = () => {
      const was = atEnd;
      atEnd = isEnd(); look(); reach();
      if (was !== atEnd) send({ kind: "end", end: atEnd });
      rest();
    };
    const changed = new MutationObserver(() => { restore(); asked = { older: 0, newer: 0 }; reach(); rest(); });
    changed.observe(list, { childList: true, subtree: true, characterData: true, attributeFilter: ["data-newest", "data-oldest", "class"] });
    const sized = new ResizeObserver(restore);
    sized.observe(list);
    if (list.firstElementChild) sized.observe(list.firstElementChild);
    list.addEventListener("scroll", scrolled, { passive: true });
    list.onionskinJump = (id) => {
      if (id === null) { atEnd = true; restore(); }
      else { const row = find(id); if (row) { atEnd = false; row.scrollIntoView({ block: "center" }); look(); } }
      scrolled();
    };
    // Where the reader was; a row that is gone by now leaves the end.
    const row = place && find(place.id);
    if (row) list.scrollTop += row.getBoundingClientRect().top - edge() - place.offset;
    else atEnd = true;
    if (atEnd) end();
    scrolled();
  };

  // ---- files and codes: read here, handed over as base64 -------------------------------------------------------------------
  const files = (input, limit, send) => input.addEventListener("change", () => {
    const file = input.files[0];
    if (!file) return;
    if (file.size > limit) { input.value = ""; send({ kind: "large" }); return; }
    const reader = new FileReader();
    reader.onload = () => { input.value = ""; send({ kind: "file", name: file.name, data: String(reader.result).split(",", 2)[1] || "" }); };
    reader.onerror = () => send({ kind: "unreadable" });
    reader.readAsDataURL(file);
  });

  // A picture for the code in it: chosen with the button, dropped on its screen, or pasted. The field for the file is never
  // part of the page, so that the window's library leaves it alone.
  // The button is heard from the first moment: what was chosen before somebody took it is kept until somebody does.
  const takers = new WeakMap(), early = new WeakMap();
  addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest("button[data-picture]");
    if (!button) return;
    const input = document.createElement("input");
    input.type = "file";
    input.accept = "image/png,image/jpeg,image/webp";
    input.addEventListener("change", () => {
      const file = input.files[0], take = takers.get(button);
      if (file && take) take(file); else if (file) early.set(button, file);
    });
    input.click();
  });
  const pictures = (id, limit, send, tries = 60) => {
    const button = document.getElementById(id);
    if (!button) { if (tries > 0) requestAnimationFrame(() => pictures(id, limit, send, tries - 1)); return; }
    const take = (file) => {
      if (file.size > limit) { send({ kind: "large" }); return; }
      const reader = new FileReader();
      reader.onload = () => send({ kind: "file", data: String(reader.result).split(",", 2)[1] || "" });
      reader.onerror = () => send({ kind: "unreadable" });
      reader.readAsDataURL(file);
    };
    takers.set(button, take);
    if (early.has(button)) { take(early.get(button)); early.delete(button); }
    const screen = button.closest(".screen");
    screen.addEventListener("dragover", (event) => event.preventDefault());
    screen.addEventListener("drop", (event) => {
      const file = event.dataTransfer && event.dataTransfer.files[0];
      if (file) { event.preventDefault(); take(file); }
    });
    const pasted = (event) => {
      if (!button.isConnected) { removeEventListener("paste", pasted); return; }
      const file = event.clipboardData && event.clipboardData.files[0];
      if (file) { event.preventDefault(); take(file); }
    };
    addEventListener("paste", pasted);
  };

  // ---- another screen: the keyboard and a screen reader go there too --------------------------------------------------------
  // To its field, else to its heading; never away from a field somebody types into. Back in the list, to the row left before.
  let front = null, row = null;
  addEventListener("focusin", (event) => { if (event.target.closest && event.target.closest(".screen.list .row")) row = event.target; });
  new MutationObserver(() => {
    const panes = document.querySelector(".panes");
    const list = panes && panes.dataset.front === "list";
    const screen = list ? panes.querySelector(".screen.list") : document.querySelector("main.screen");
    if (!screen || screen === front) return;
    const first = !front; front = screen;
    if (document.querySelector(".veil")) return;
    const active = document.activeElement;
    const field = screen.querySelector("[autofocus]");
    if (field) field.focus();
    else if (first || (typing(active) && active.isConnected)) return;
    else if (list) { if (row && row.isConnected && row.offsetParent) row.focus({ preventScroll: true }); }
    else { const heading = screen.querySelector("h1[tabindex]"); if (heading) heading.focus({ preventScroll: true }); }
  }).observe(document.documentElement, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-front"] });

  window.onionskin = Object.freeze({
    looks, keep, files, pictures,
    listen: (send) => { tell = send; seen(); },
    jump: (id, row) => { const list = document.getElementById(id); if (list && list.onionskinJump) list.onionskinJump(row); },
    empty: (id, text) => { const field = document.getElementById(id); if (field) { field.value = text || ""; field.dispatchEvent(new Event("input", { bubbles: true })); } },
    fill: (id, text) => { const field = document.getElementById(id); if (field && !field.value) field.value = text; },
    putBack: (id, text) => { const field = document.getElementById(id); if (field) { field.value = field.value ? text + "\n" + field.value : text; field.dispatchEvent(new Event("input", { bubbles: true })); } },
    focus: (id) => { const element = document.getElementById(id); if (element) element.focus(); },
    save: (name, address) => { const link = document.createElement("a"); link.download = name; link.href = address; link.click(); },
    copy: (text) => navigator.clipboard.writeText(text).then(() => true, () => false),
  });
})();
