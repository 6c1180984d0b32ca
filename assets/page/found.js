// A letter that was searched for is marked for two seconds, as soon as it stands in its conversation.
const flash = (id, tries = 240) => {
  const row = document.querySelector(`#thread [data-row="${id}"]`);
  if (!row) { if (tries > 0) requestAnimationFrame(() => flash(id, tries - 1)); return; }
  row.classList.add("flash");
  setTimeout(() => row.classList.remove("flash"), 2000);
};
