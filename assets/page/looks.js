// Looks.
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const light = () => { root.dataset.mode = root.dataset.wanted === "system" ? (dark.matches ? "dark" : "light") : root.dataset.wanted; };
dark.addEventListener("change", light);
const looks = (theme, wanted, accent, scale, lang) => {
  Object.assign(root.dataset, { theme, wanted, accent });
  root.style.setProperty("--text-scale", scale);
  root.lang = lang;
  light();
};
light();
