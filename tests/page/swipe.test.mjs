// A message that a finger draws aside.
import assert from "node:assert/strict";
import test from "node:test";
import { part } from "./part.mjs";

const { drawing } = part(["keys", "press", "swipe"], ["drawing"]);
const hand = () => {
  const drawn = [], answered = [];
  let felt = 0;
  const finger = drawing({ draw: (message, by) => drawn.push([message, by]), reached: () => { felt += 1; }, answer: (message) => answered.push(message) });
  return { finger, drawn, answered, felt: () => felt };
};

test("drawn far enough it is answered, and the hand feels it once", () => {
  const { finger, drawn, answered, felt } = hand();
  finger.down("seven", 100, 50, false);
  for (const x of [105, 120, 150, 161, 170, 300]) finger.move(x, 52);
  finger.up();
  assert.deepEqual(answered, ["seven"]);
  assert.equal(felt(), 1);
  assert.deepEqual(drawn, [["seven", 20], ["seven", 50], ["seven", 61], ["seven", 70], ["seven", 84], ["seven", 0]], "it goes no farther than it may, and back");
});

test("where lines run to the left it is drawn to the left", () => {
  const { finger, drawn, answered } = hand();
  finger.down("seven", 200, 50, true);
  finger.move(130, 50);
  finger.up();
  assert.deepEqual([answered, drawn[0]], [["seven"], ["seven", -70]]);
  finger.down("eight", 100, 50, true);
  finger.move(170, 50);
  finger.up();
  assert.deepEqual(answered, ["seven"], "the other way means nothing");
});

test("a finger that scrolls, is taken back, is cancelled or stays short answers nothing", () => {
  for (const moves of [[[104, 90], [190, 90]], [[140, 90]], [[170, 52], [120, 52]], [[150, 52]], [[80, 50], [190, 50]], [[170, 52], [175, 130]]]) {
    const { finger, drawn, answered } = hand();
    finger.down("seven", 100, 50, false);
    for (const [x, y] of moves) finger.move(x, y);
    finger.up();
    assert.deepEqual(answered, [], JSON.stringify(moves));
    assert.equal(drawn.at(-1)?.[1] ?? 0, 0, "it lies where it lay");
  }
  const { finger, answered } = hand();
  finger.down("seven", 100, 50, false);
  finger.move(190, 50);
  finger.end();
  finger.up();
  finger.down(null, 100, 50, false);
  finger.move(190, 50);
  finger.up();
  assert.deepEqual(answered, []);
});
