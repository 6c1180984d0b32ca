// Where a menu lies that a mouse opened.
import assert from "node:assert/strict";
import test from "node:test";
import { part } from "./part.mjs";

const { placed } = part(["keys", "press", "veil"], "placed");
const room = { width: 1_000, height: 600 }, size = { width: 240, height: 200 };

test("a menu begins at the pointer", () => assert.deepEqual(placed({ x: 300, y: 100 }, size, room), { left: 300, top: 100 }));
test("it lies before and above the pointer where there is no room after it", () =>
  assert.deepEqual(placed({ x: 900, y: 500 }, size, room), { left: 660, top: 300 }));
test("it never begins outside, however small the room", () =>
  assert.deepEqual(placed({ x: 100, y: 90 }, size, { width: 200, height: 150 }), { left: 8, top: 8 }));
