#!/usr/bin/env node
// Makes assets/emoji/emoji.txt from CLDR's annotations and Unicode's order of emoji: `make emoji`.
//
// In: folders with the npm packages cldr-annotations-full, cldr-annotations-derived-full (Unicode-3.0) and emojibase-data (MIT, of
// which only Unicode's own facts are taken: order, group, version, which emoji have skin tones).
// Out: one line for each emoji, tab between: the emoji, `+` when it takes a skin tone, then for English and for German its name and
// the words that find it. A line `# number` begins a group.
import { readFileSync, writeFileSync } from "node:fs";

const [annotations, derived, base, out] = process.argv.slice(2);
const NEWEST = 15.1; // of Unicode's emoji: what most systems can draw in 2026
const TONES = ["1F3FB", "1F3FC", "1F3FD", "1F3FE", "1F3FF"].map((code) => String.fromCodePoint(parseInt(code, 16)));

const json = (path) => JSON.parse(readFileSync(path, "utf8"));
const words = (language) => {
  const ours = json(`${annotations}/annotations/${language}/annotations.json`).annotations.annotations;
  const theirs = json(`${derived}/annotationsDerived/${language}/annotations.json`).annotationsDerived.annotations;
  const all = { ...theirs, ...ours };
  return (emoji) => all[emoji] ?? all[emoji.replaceAll("\uFE0F", "")];
};
// A tone stands behind each sign that takes one, and takes the place of the mark for colour.
const toned = (emoji, tone) => emoji.replace(/(\p{Emoji_Modifier_Base})\uFE0F?/gu, `$1${tone}`);
const takesTone = ({ emoji, skins = [] }) => {
  const known = new Set(skins.map((skin) => skin.emoji));
  return TONES.every((tone) => known.has(toned(emoji, tone)));
};
const line = (word) => {
  if (/[\t\n|]/.test(word)) throw new Error(`no line holds ${word}`);
  return word;
};

const [english, german] = ["en", "de"].map(words);
// What is a picture by itself bears no mark for one: so Unicode's list writes it, and so people send it.
const bare = (one) => ({ ...one, emoji: one.emoji.replace(/(\p{Emoji_Presentation})\uFE0F/gu, "$1") });
const emoji = json(`${base}/en/data.json`)
  .map(bare)
  .filter((one) => one.group !== undefined && one.group !== 2 && one.version <= NEWEST)
  .sort((one, other) => one.order - other.order);
const lines = [];
let group = null;
for (const one of emoji) {
  const [en, de] = [english(one.emoji), german(one.emoji)];
  if (!en || !de) { console.error(`left out, no words: ${one.emoji} ${one.label}`); continue; }
  if (one.group !== group) { group = one.group; lines.push(`# ${group > 2 ? group - 1 : group}`); }
  lines.push([one.emoji, takesTone(one) ? "+" : "", ...[en, de].map(({ tts, default: found = [] }) => [tts[0], ...found.filter((word) => word !== tts[0])].map(line).join("|"))].join("\t"));
}
writeFileSync(out, `${lines.join("\n")}\n`);
