// What of a list's movement is its reader's.
import assert from "node:assert/strict";
import test from "node:test";
import { part } from "./part.mjs";

const { readers } = part("list", "readers");
const then = { top: 500, room: 1_000, width: 400, height: 700 };

test("what the reader scrolled counts", () => {
  assert.equal(readers(then, { ...then, top: 420 }), -80);
  assert.equal(readers(then, { ...then, top: 560, room: 1_300 }), 60, "while rows come in");
});

test("what the list lost at its ends, or moved for another size, does not", () => {
  assert.equal(readers(then, { ...then, top: 300, room: 300 }), 0, "shorter by so much that its end was reached");
  assert.equal(readers(then, { ...then, top: 0 }), 0);
  assert.equal(readers(then, { top: 250, room: 600, width: 900, height: 700 }), 0, "a wider window");
});
