// Every way out of the page that a script could try. Gives the text of what was read, or why not.
const paths = ["file:///etc/passwd", "/etc/passwd", "/%65tc/passwd", "/%2565tc/passwd", "//etc/passwd", "///etc/passwd", "/./etc/passwd",
  "/..%2f..%2fetc/passwd", "/%2e%2e/etc/passwd", "/%2fetc%2fpasswd", "/assets/../etc/passwd", "/x%2f..%2f..%2fetc%2fpasswd",
  "/.%2fetc%2fpasswd", "dioxus://index.html/etc/passwd", "dioxus://index.html/%65tc/passwd", "dioxus://x/%65tc/passwd",
  "dioxus://index.html//__events/../../%65tc/passwd", "dioxus://index.html//__events%2f..%2f..%2fetc%2fpasswd", "/proc/self/environ", "/%70roc/self/environ"];
const limited = (promise) => Promise.race([promise, new Promise((_, no) => setTimeout(() => no(new Error("no answer")), 3000))]);
const tries = {};
const attempt = async (name, work) => {
  try { tries[name] = { read: String(await limited(work())).slice(0, 200) }; } catch (error) { tries[name] = { refused: String(error).slice(0, 120) }; }
};
const asked = (scope, path) => new Promise((yes, no) => {
  const request = new scope.XMLHttpRequest();
  request.onload = () => (request.status === 200 && request.responseText ? yes(request.responseText) : no(new Error("status " + request.status)));
  request.onerror = () => no(new Error("error"));
  request.open("GET", path); request.send();
});
const shown = (element, path) => new Promise((yes, no) => {
  element.onload = () => yes("loaded"); element.onerror = () => no(new Error("error"));
  if (element.tagName === "LINK") { element.rel = "stylesheet"; element.href = path; } else if (element.tagName === "OBJECT") element.data = path; else element.src = path;
  document.body.append(element);
});
const got = async (scope, path) => { const answer = await scope.fetch(path); const text = await answer.text(); if (!answer.ok || !text) throw new Error("status " + answer.status); return text; };
const frame = document.createElement("iframe");
document.body.append(frame);
const fresh = frame.contentWindow;
const written = document.createElement("iframe");
written.srcdoc = "<p>x</p>";
document.body.append(written);
await new Promise((done) => setTimeout(done, 300));
for (const path of paths) {
  await attempt("fetch " + path, () => got(window, path));
  await attempt("fetch request " + path, () => got(window, new Request(path)));
  await attempt("xhr " + path, () => asked(window, path));
  if (fresh) {
    await attempt("frame fetch " + path, () => got(fresh, path));
    await attempt("frame xhr " + path, () => asked(fresh, path));
  }
  if (written.contentWindow && written.contentWindow !== fresh) await attempt("srcdoc fetch " + path, () => got(written.contentWindow, path));
}
for (const path of ["/%65tc/passwd", "/etc/passwd"]) {
  await attempt("script " + path, () => shown(document.createElement("script"), path));
  await attempt("style " + path, () => shown(document.createElement("link"), path));
  await attempt("import " + path, () => import(path));
  await attempt("worker " + path, () => new Promise((yes, no) => { const worker = new Worker(path); worker.onmessage = yes; worker.onerror = () => no(new Error("error")); }));
}
for (const path of ["PICTURE", "PICTURE_ENCODED"]) {
  await attempt("img " + path, () => shown(document.createElement("img"), path));
}
for (const path of ["/%65tc/passwd"]) {
  await attempt("iframe " + path, () => new Promise((yes, no) => {
    const inner = document.createElement("iframe");
    inner.onload = () => { const text = inner.contentDocument && inner.contentDocument.body.innerText; text ? yes(text) : no(new Error("empty")); };
    inner.src = path; document.body.append(inner);
  }));
}
// Leaving the page: by an address, a new window, an anchor, a form.
await attempt("window.open", () => { const other = window.open("https://example.org/probe"); if (!other) throw new Error("none"); return "opened"; });
const anchor = document.createElement("a");
anchor.href = "https://example.org/probe"; anchor.textContent = "probe"; document.body.append(anchor);
let prevented = false;
addEventListener("click", (event) => { if (event.target === anchor) prevented = event.defaultPrevented; });
const click = new MouseEvent("click", { bubbles: true, cancelable: true });
anchor.dispatchEvent(click);
await attempt("anchor", () => { if (click.defaultPrevented) throw new Error("prevented"); return "followed"; });
anchor.click();
location.href = "file:///etc/passwd";
await new Promise((done) => setTimeout(done, 300));
// What must work: an event reaches Rust.
document.getElementById("probe").click();
await new Promise((done) => setTimeout(done, 500));
return { tries, still: location.href, anchors: document.querySelectorAll("a[href^=http]").length };
