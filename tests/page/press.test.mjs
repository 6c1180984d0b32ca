// A long press, with a clock that a test moves.
import assert from "node:assert/strict";
import test from "node:test";
import { part } from "./part.mjs";

const { longPress, HOLD } = part(["keys", "press"], ["longPress", "HOLD"]);
const hand = () => {
  let waiting = null;
  const opened = [];
  const timer = { set: (work, after) => { assert.equal(after, HOLD); waiting = work; return 1; }, clear: () => { waiting = null; } };
  const press = longPress(timer, (target, x, y) => opened.push([target, x, y]));
  return { press, opened, time: () => { const work = waiting; waiting = null; if (work) work(); } };
};

test("a finger that stays opens the menu, and the click that follows is none", () => {
  const { press, opened, time } = hand();
  press.down("bubble", 50, 60);
  press.move(55, 65);
  time();
  assert.deepEqual(opened, [["bubble", 50, 60]]);
  assert.ok(press.was() && !press.was(), "asked once");
});

test("a finger that moves, scrolls or is lifted opens nothing", () => {
  for (const act of [(press) => press.move(50, 71), (press) => press.end(), (press) => press.down(null, 1, 1)]) {
    const { press, opened, time } = hand();
    press.down("bubble", 50, 60);
    act(press);
    time();
    assert.deepEqual(opened, []);
    assert.ok(!press.was());
  }
});

test("a new touch forgets the press before it", () => {
  const { press, time } = hand();
  press.down("bubble", 50, 60);
  time();
  press.down("row", 9, 9);
  press.end();
  assert.ok(!press.was());
});
