// The browser's history beside the screens, with a history that takes its time as the real one does.
import assert from "node:assert/strict";
import test from "node:test";
import { part } from "./part.mjs";

const { pastOf } = part("history", "pastOf");

const browser = () => {
  const all = [{ foreign: true }, { index: 1 }];
  let now = 1;
  const waiting = [], said = [];
  const past = {
    get length() { return all.length; },
    get state() { return all[now]; },
    pushState: (state) => { all.length = now + 1; all.push(state); now += 1; },
    go: (by) => waiting.push(by),
  };
  const screens = pastOf(past, () => said.push("back"));
  // What was asked for happens later, and counts from where the browser is by then.
  const later = () => {
    const by = waiting.shift();
    now += by;
    assert.ok(all[now] && !all[now].foreign, "the interface was left");
    screens.arrived(all[now]);
  };
  const settle = () => { while (waiting.length) later(); };
  return { screens, said, settle, hand: (by) => { waiting.push(by); later(); }, depth: () => all[now].depth ?? 0 };
};

test("screens that come and go while the browser is still on its way never leave the interface", () => {
  const { screens, said, settle, depth } = browser();
  for (const depths of [[3, 0, 2, 1, 3, 0], [1, 0, 1, 0, 1, 0, 2], [2, 1, 0]]) {
    for (const deep of depths) screens.is(deep);
    settle();
    assert.equal(depth(), depths.at(-1));
  }
  assert.deepEqual(said, [], "nobody went back by hand");
});

test("back by hand takes one screen away each, and forward leads nowhere", () => {
  const { screens, said, settle, hand, depth } = browser();
  screens.is(3);
  hand(-1);
  assert.deepEqual([said.length, depth()], [1, 2]);
  screens.is(2);
  hand(-2);
  assert.deepEqual([said.length, depth()], [3, 0]);
  screens.is(0);
  hand(1);
  settle();
  assert.deepEqual([said.length, depth()], [3, 0]);
});

test("a page that is loaded again goes on where the entry says it is", () => {
  const state = { index: 7, depth: 2 };
  const asked = [];
  const screens = pastOf({ length: 9, state, go: (by) => asked.push(by), pushState: (entry) => asked.push(entry) }, () => {});
  screens.is(2);
  screens.is(3);
  screens.is(1);
  assert.deepEqual(asked, [{ index: 8, depth: 3 }, -2]);
});
