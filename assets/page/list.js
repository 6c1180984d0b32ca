// A list that keeps its place by content.
// Rows carry `data-row`. A reader at the end stays at the end; one above is never moved: the first row in sight keeps its
// distance to the upper edge whatever comes, goes or grows, before the next paint.

// How far the reader scrolled since the last look. What the list lost at its end is not the reader's, nor what moved because
// the list has another size.
const readers = (then, now) => {
  const same = then.width === now.width && then.height === now.height;
  return same && now.top > 0 && now.top < now.room - 1 ? now.top - then.top : 0;
};

// The day of the first row in sight stands on top while somebody scrolls. What a list does by itself, when it opens or
// something comes, is no scrolling: the day would lie over words that nobody left.
const DAY_STAYS = 1_200; // milliseconds after the last scrolling
const HAND_LASTS = 400; // milliseconds that a movement is somebody's after a hand or the last such movement: momentum goes on
const HANDS = ["wheel", "touchmove", "pointerdown", "keydown"];
const dayOnTop = (list) => {
  const sign = list.parentElement.querySelector(".day-on-top");
  let waiting = 0, hand = -HAND_LASTS;
  for (const kind of HANDS) list.addEventListener(kind, () => { hand = performance.now(); }, { passive: true });
  return () => {
    if (!sign || performance.now() - hand > HAND_LASTS) return;
    hand = performance.now();
    const above = list.getBoundingClientRect().top + list.clientTop;
    const days = [...list.querySelectorAll(".day")];
    const day = days.findLast((one) => one.getBoundingClientRect().top <= above);
    // Where the line of the day itself is in sight nothing has to be said twice.
    const there = !day || days.some((one) => { const top = one.getBoundingClientRect().top - above; return top > 0 && top < 44; });
    sign.textContent = there ? "" : day.textContent;
    sign.toggleAttribute("data-shown", !there);
    clearTimeout(waiting);
    waiting = setTimeout(() => sign.removeAttribute("data-shown"), DAY_STAYS);
  };
};

// Which of the long texts (`data-long`) do not fit into their lines and need a way to be read on.
const markCut = (list) => {
  const long = [...list.querySelectorAll("[data-long]")];
  const cut = long.map((text) => text.scrollHeight > text.clientHeight + 4);
  long.forEach((text, at) => { if (text.hasAttribute("data-cut") !== cut[at]) text.toggleAttribute("data-cut", cut[at]); });
};

const keep = (list, place, send) => {
  const near = 32;
  const showDay = dayOnTop(list);
  let atEnd = !place, anchors = [], shape = null, asked = { older: 0, newer: 0 }, settle = 0;
  const shapeNow = () => ({ top: list.scrollTop, room: room(), width: list.clientWidth, height: list.clientHeight });
  const edge = () => list.getBoundingClientRect().top + list.clientTop;
  const rows = () => list.querySelectorAll("[data-row]");
  const room = () => list.scrollHeight - list.clientHeight;
  const isEnd = () => list.dataset.newest === "true" && room() - list.scrollTop < near;
  const find = (id) => list.querySelector(`[data-row="${id}"]`);
  // The rows in sight and where they stand. Several, because the first may be the one that goes.
  const look = () => {
    const above = edge(), below = above + list.clientHeight, all = rows();
    anchors = [];
    shape = shapeNow();
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
    const moved = shape ? readers(shape, shapeNow()) : 0;
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
    // A window of another size moves what it shows by itself: that is no reader who scrolls.
    if (shape && (shape.width !== list.clientWidth || shape.height !== list.clientHeight)) { restore(); return; }
    const was = atEnd;
    atEnd = isEnd(); look(); reach();
    if (was !== atEnd) send({ kind: "end", end: atEnd });
    rest();
  };
  const changed = new MutationObserver(() => { markCut(list); restore(); asked = { older: 0, newer: 0 }; reach(); rest(); });
  changed.observe(list, { childList: true, subtree: true, characterData: true, attributeFilter: ["data-newest", "data-oldest", "class"] });
  const sized = new ResizeObserver(() => { markCut(list); restore(); });
  sized.observe(list);
  if (list.firstElementChild) sized.observe(list.firstElementChild);
  list.addEventListener("scroll", () => { scrolled(); showDay(); }, { passive: true });
  list.onionskinJump = (id) => {
    if (id === null) { atEnd = true; restore(); }
    else { const row = find(id); if (row) { atEnd = false; row.scrollIntoView({ block: "center" }); look(); } }
    scrolled();
  };
  list.onionskinAnswer = (id) => send({ kind: "answer", id });
  markCut(list);
  // Where the reader was; a row that is gone by now leaves the end.
  const row = place && find(place.id);
  if (row) list.scrollTop += row.getBoundingClientRect().top - edge() - place.offset;
  else atEnd = true;
  if (atEnd) end();
  scrolled();
};
