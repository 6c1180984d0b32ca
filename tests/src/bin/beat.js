// Waits for something on the page, says when it was painted, and then twice a second the longest time between two frames.
const sign = await dioxus.recv();
const frame = () => new Promise((done) => requestAnimationFrame(done));
while (!document.querySelector(sign)) await frame();
await frame(); await frame();
dioxus.send(0);
let before = performance.now(), worst = 0, told = before;
for (;;) {
  const now = await frame();
  worst = Math.max(worst, now - before);
  before = now;
  if (now - told > 500) { dioxus.send(worst); worst = 0; told = now; }
}
