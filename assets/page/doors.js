// Reach: the page talks to its own events and to nothing else.
// The window's library serves any file of the machine to its page. Nothing foreign ever runs here; should something,
// it finds these doors shut. The policy in the head shuts the others (frames, workers, pictures, scripts).
const own = (address) => {
  const url = new URL(address, location.href);
  // Not by `origin`: that of the window's own scheme is opaque.
  return url.protocol === location.protocol && url.host === location.host && /^\/+__events$/.test(url.pathname);
};
const refuse = () => { throw new TypeError("not allowed"); };
const open = XMLHttpRequest.prototype.open;
const fetched = window.fetch;
const lock = (object, name, value) => Object.defineProperty(object, name, { value, writable: false, configurable: false });
lock(XMLHttpRequest.prototype, "open", function (method, address, ...rest) {
  return own(address) ? open.call(this, method, address, ...rest) : refuse();
});
lock(window, "fetch", (address, ...rest) => (typeof address === "string" && own(address) ? fetched(address, ...rest) : Promise.reject(new TypeError("not allowed"))));
for (const name of ["EventSource", "Worker", "SharedWorker", "RTCPeerConnection", "WebTransport"]) {
  if (name in window) lock(window, name, refuse);
}
lock(Navigator.prototype, "sendBeacon", () => false);
// Nothing leads out of the page: a link is a button that asks first. What is dropped goes into text or nowhere.
lock(window, "open", () => null);
const caught = (event) => {
  const anchor = event.composedPath().find((node) => node instanceof Element && /^(a|area)$/i.test(node.localName));
  if (anchor && !anchor.hasAttribute("download")) { event.preventDefault(); event.stopImmediatePropagation(); }
};
for (const name of ["click", "auxclick", "dragstart"]) addEventListener(name, caught, true);
const takesText = (element) => element instanceof Element && element.matches("textarea, input:not([type=checkbox]):not([type=radio]):not([type=file])");
const carriesFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].some((type) => /^(Files|text\/uri-list)$/.test(type));
const isFor = (event) => takesText(event.target) ? !carriesFiles(event) : event.target instanceof Element && event.target.matches("input[type=file]") && event.dataTransfer.types.includes("Files");
for (const name of ["dragover", "drop"]) addEventListener(name, (event) => { if (!isFor(event)) event.preventDefault(); }, true);
// The window's library shows no menu at all; text may have one, to copy and paste.
addEventListener("contextmenu", (event) => {
  if (takesText(event.target) || !getSelection().isCollapsed) event.stopPropagation();
}, true);
