// Which key means what, on layouts of many countries.
import assert from "node:assert/strict";
import test from "node:test";
import { part } from "./part.mjs";

const { keyName, beginsText } = part("keys", ["keyName", "beginsText"]);
const none = { ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, code: "" };
const control = (key, code, more = {}) => keyName({ ...none, ctrlKey: true, key, code, ...more });

test("a letter means the same wherever it lies", () => {
  assert.equal(control("f", "KeyF"), "search");
  assert.equal(control("F", "KeyF"), "search", "with the lock of capitals");
  assert.equal(control("f", "KeyY"), "search", "Dvorak");
  assert.equal(control("u", "KeyF"), null, "Dvorak has another letter there");
  assert.equal(control("m", "KeyM"), "write");
});

test("on a layout with other letters the place of the key counts", () => {
  for (const key of ["а", "φ", "כ"]) assert.equal(control(key, "KeyF"), "search", key);
  assert.equal(control("т", "KeyN"), "new");
  assert.equal(control("д", "KeyL"), "lock");
  assert.equal(control("б", "Comma"), "settings");
  assert.equal(control("é", "Digit2"), "open-2", "AZERTY has digits with Shift");
  assert.equal(control("à", "Digit0"), "usual");
  assert.equal(control("2", "Digit2", { shiftKey: true }), "open-2");
  assert.equal(control("ä", "Quote"), null, "a Latin letter is no place");
});

test("a sign may need Shift", () => {
  assert.equal(control("/", "Digit7", { shiftKey: true }), "help", "German");
  assert.equal(control(",", "Slash", { shiftKey: true }), "settings", "Russian");
  assert.equal(control("+", "Equal", { shiftKey: true }), "larger");
  assert.equal(control("=", "Equal"), "larger");
  assert.equal(control("=", "Digit0", { shiftKey: true }), null, "German");
  assert.equal(control("-", "Digit6"), "smaller", "AZERTY");
  assert.equal(control("N", "KeyN", { shiftKey: true }), null);
  assert.equal(control("!", "Digit1", { shiftKey: true }), null);
});

test("what needs no Control", () => {
  assert.equal(keyName({ ...none, key: "Escape" }), "back");
  assert.equal(keyName({ ...none, key: "?" }), "help");
  assert.equal(keyName({ ...none, key: "ArrowUp", altKey: true }), "previous");
  assert.equal(keyName({ ...none, key: "f" }), null);
  assert.equal(keyName({ ...none, key: "f", ctrlKey: true, altKey: true }), null, "AltGr");
});

test("a text begins with a letter, a sign, half a letter or what is pasted", () => {
  for (const key of ["a", "?", "é", "😀", "Dead", "Process"]) assert.ok(beginsText({ ...none, key }, true), key);
  for (const key of ["Enter", "Tab", "F1", "ArrowUp", "Escape", "Shift"]) assert.ok(!beginsText({ ...none, key }, false), key);
  assert.ok(beginsText({ ...none, key: " " }, false) && !beginsText({ ...none, key: " " }, true), "a blank presses a button");
  assert.ok(beginsText({ ...none, key: "v", ctrlKey: true }, true));
  assert.ok(!beginsText({ ...none, key: "c", ctrlKey: true }, false) && !beginsText({ ...none, key: "x", altKey: true }, false));
});
