/** The page's script. Without it all is there but sorting, filtering, and videos that play as one points at them. */
export const script = `
const table = document.getElementById("table"), body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
const rows = [...body.rows], texts = rows.map((row) => row.textContent.toLowerCase());
const keyOf = (cell) => cell.dataset.v ?? cell.textContent.trim();
const compare = new Intl.Collator("en", { numeric: true }).compare;
heads.forEach((head, column) => {
  const button = document.createElement("button");
  button.append(...head.childNodes);
  head.append(button);
  button.addEventListener("click", () => {
    const down = head.ariaSort === "ascending";
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const keyed = rows.map((row) => ({ row, key: keyOf(row.cells[column]) }));
    const numeric = head.className === "n";
    // What has no value comes last, whichever way.
    keyed.sort((a, b) => !a.key - !b.key || (numeric ? a.key - b.key : compare(a.key, b.key)) * (down ? -1 : 1));
    body.append(...keyed.map(({ row }) => row));
  });
});
const filter = document.getElementById("filter"), shown = document.getElementById("shown");
document.getElementById("controls").hidden = false;
filter.addEventListener("input", () => {
  const words = filter.value.toLowerCase().split(/\\s+/);
  let count = 0;
  rows.forEach((row, i) => { row.hidden = !words.every((word) => texts[i].includes(word)); if (!row.hidden) count++; });
  shown.textContent = count === rows.length ? "" : count + " of " + rows.length + " tasks";
});
for (const video of document.querySelectorAll("video")) {
  video.addEventListener("pointerenter", () => video.play().catch(() => {}));
  video.addEventListener("pointerleave", () => video.pause());
}
`;
