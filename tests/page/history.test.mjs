// The browser's history beside the screens.
import assert from "node:assert/strict";
import test from "node:test";
import { part } from "./part.mjs";

const { pastOf } = part("history", "pastOf");

// A browser in which another page came first, and the interface beside it, whose Back takes one screen away.
const browser = () => {
  const all = [{ foreign: true }, null];
  let now = 1, deep = 0, menu = false;
  const past = {
    get state() { return all[now]; },
    replaceState: (state) => { all[now] = state; },
    pushState: (state) => { all.length = now + 1; all.push(state); now += 1; },
    go: (by) => { now += by; },
  };
  const replaceState = past.replaceState;
  const back = () => { if (menu) menu = false; else deep -= 1; };
  const load = () => { past.replaceState = replaceState; return pastOf(past, back); };
  let screens = load();
  return {
    is: (wanted) => { deep = wanted; screens.is(deep); },
    hand: (by) => { now += by; if (now > 0) { screens.arrived(all[now]); screens.is(deep); } },
    opens: () => { menu = true; }, touch: () => screens.reach(),
    // The library writes a number of its own onto whichever entry is in front.
    joined: () => past.replaceState({ index: 9 }, ""),
    reload: () => { screens = load(); screens.is(deep); },
    deep: () => deep, left: () => now < 1, entries: () => now - 1,
  };
};

test("back by hand takes one screen away each, and with the list in front it leaves", () => {
  const page = browser();
  page.joined();
  page.is(3);
  for (const deep of [2, 1, 0]) { page.hand(-1); page.joined(); assert.equal(page.deep(), deep); assert.ok(!page.left()); }
  page.hand(-1);
  assert.ok(page.left());
});

test("screens that the interface took away itself leave entries behind that hold nobody", () => {
  const page = browser();
  for (const deep of [3, 0, 2, 1, 0]) page.is(deep);
  assert.equal(page.entries(), 3);
  page.hand(-1);
  assert.ok(page.left(), "no press is lost");
});

test("forward leads nowhere, and two at once are two screens", () => {
  const page = browser();
  page.is(3);
  page.hand(-2);
  assert.equal(page.deep(), 1);
  page.hand(2);
  assert.equal(page.deep(), 1);
  page.is(2);
  page.hand(-1);
  assert.equal(page.deep(), 1);
});

test("a menu that back closed is not a screen that is missing later", () => {
  const page = browser();
  page.is(1);
  page.opens();
  page.hand(-1);
  assert.equal(page.deep(), 1);
  page.touch();
  page.hand(-1);
  assert.ok(page.deep() === 0 && !page.left());
});

test("a page that is loaded again goes on where it was", () => {
  const page = browser();
  page.is(2);
  page.joined();
  page.reload();
  page.hand(-1);
  page.reload();
  page.hand(-1);
  assert.ok(page.deep() === 0 && !page.left());
});
