// Loads a part of the page's script as the page does, inside a closed function, with a page in which nothing happens, and hands
// out what a test asks for.
import { readFileSync } from "node:fs";

const nothing = new Proxy(function () {}, { get: (_, name) => (name === Symbol.toPrimitive ? () => "" : nothing), apply: () => nothing, construct: () => nothing, set: () => true });
const names = ["window", "document", "location", "addEventListener", "MutationObserver", "ResizeObserver", "matchMedia", "requestAnimationFrame"];

export const part = (files, wanted) => {
  const source = [files].flat().map((file) => readFileSync(new URL(`../../assets/page/${file}.js`, import.meta.url), "utf8")).join("");
  return new Function(...names, `"use strict";\n${source}\nreturn { ${[wanted].flat().join(", ")} };`)(...names.map(() => nothing));
};
