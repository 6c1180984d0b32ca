// The browser's history beside the screens, with a history that takes its time as the real one does.
import assert from "node:assert/strict";
import test from "node:test";
import { part } from "./part.mjs";

const { pastOf } = part("history", "pastOf");
const keep = (number = null) => ({ get: () => number, set: (other) => { number = other; } });

const browser = (kept = keep()) => {
  const all = [{ foreign: true }, null];
  let now = 1;
  const waiting = [], said = [];
  const past = {
    get length() { return all.length; },
    get state() { return all[now]; },
    replaceState: (state) => { all[now] = state; },
    pushState: (state) => { all.length = now + 1; all.push(state); now += 1; },
    go: (by) => waiting.push(by),
  };
  const replaceState = past.replaceState;
  const load = () => { past.replaceState = replaceState; return pastOf(past, kept, () => said.push("back")); };
  let screens = load();
  // What was asked for happens later, and counts from where the browser is by then.
  const later = () => {
    now += waiting.shift();
    assert.ok(!all[now]?.foreign && now < all.length, "the interface was left");
    screens.arrived(all[now]);
  };
  const settle = () => { while (waiting.length) later(); };
  return {
    is: (deep) => screens.is(deep), said, settle,
    hand: (by) => { waiting.push(by); later(); },
    depth: () => now - 1,
    // The library writes the number of the entry that it joined at onto the one that is in front.
    numbered: (index = 9) => past.replaceState({ index }, ""),
    reload: () => { screens = load(); },
  };
};

test("screens that come and go while the browser is still on its way never leave the interface", () => {
  const { is, said, settle, depth, numbered } = browser();
  numbered();
  for (const depths of [[3, 0, 2, 1, 3, 0], [1, 0, 1, 0, 1, 0, 2], [2, 1, 0]]) {
    for (const deep of depths) is(deep);
    numbered();
    settle();
    assert.equal(depth(), depths.at(-1));
  }
  assert.deepEqual(said, [], "nobody went back by hand");
});

test("back by hand takes one screen away each, and forward leads nowhere", () => {
  const { is, said, settle, hand, depth, numbered } = browser();
  numbered();
  is(3);
  hand(-1);
  assert.deepEqual([said.length, depth()], [1, 2]);
  is(2);
  hand(-2);
  assert.deepEqual([said.length, depth()], [3, 0]);
  is(0);
  hand(1);
  settle();
  assert.deepEqual([said.length, depth()], [3, 0]);
});

test("a page that is loaded again knows how deep it is, whatever became of the entries", () => {
  const { is, said, settle, hand, depth, numbered, reload } = browser();
  numbered();
  is(2);
  numbered();
  reload();
  is(2);
  hand(-1);
  assert.deepEqual([said.length, depth()], [1, 1]);
  reload();
  is(0);
  settle();
  assert.equal(depth(), 0, "and never further");
});

test("a page that was never here begins where it is", () => {
  const asked = [];
  const screens = pastOf({ length: 9, state: null, go: (by) => asked.push(by), pushState: (entry) => asked.push(entry), replaceState: (entry) => asked.push(entry) }, keep(3), () => {});
  screens.is(0);
  screens.is(1);
  assert.deepEqual(asked, [{ index: 8 }, { index: 9 }]);
});
