// Waits for something on the page, says when it was painted and what came before it, and then twice a second the longest time
// between two frames.
const sign = await dioxus.recv();
const frame = () => new Promise((done) => requestAnimationFrame(done));
const joined = performance.now();
while (!document.querySelector(sign)) await frame();
const there = performance.now();
await frame(); await frame();
dioxus.send([0, joined, there, performance.now()].map((moment) => performance.timeOrigin + moment));
// From one conversation of the list to the next and back: how long until its letters are painted.
const all = [...document.querySelectorAll("#conversations .row")], home = all.find((row) => row.hasAttribute("aria-current"));
const rows = home ? [...all.filter((row) => row !== home).slice(0, 5), home] : [];
const letters = () => [...document.querySelectorAll("#thread [data-row]")].map((row) => row.dataset.row).join();
const switches = [];
for (const row of rows) {
  const left = letters(), start = performance.now();
  row.click();
  while (letters() === left || !letters()) await frame();
  await frame();
  switches.push(performance.now() - start);
  for (let rest = 0; rest < 20; rest++) await frame();
}
dioxus.send(switches);
let before = performance.now(), worst = 0, told = before;
for (;;) {
  const now = await frame();
  worst = Math.max(worst, now - before);
  before = now;
  if (now - told > 500) { dioxus.send(worst); worst = 0; told = now; }
}
