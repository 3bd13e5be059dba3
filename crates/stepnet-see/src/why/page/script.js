// The arrow keys move over a grid's cells; the cell's number is said below, and the cells of the
// same position are marked in the grids beside it. Without this the titles and tables remain.
for (const grid of document.querySelectorAll("table.grid")) {
  const channel = grid.closest(".channel");
  const readout = channel.querySelector(".readout");
  const beside = channel.querySelectorAll("table.grid");
  const show = (cell) => {
    if (!cell) return;
    const row = cell.parentNode.rowIndex;
    for (const marked of channel.querySelectorAll(".same")) marked.classList.remove("same");
    const parts = [];
    for (const other of beside) {
      const same = other.rows[row].cells[cell.cellIndex];
      if (other !== grid) same.classList.add("same");
      parts.push(other.caption.textContent + " " + same.title.split(": ").slice(1).join(": "));
    }
    readout.textContent = cell.title.split(": ")[0] + ": " + parts.join(", ");
  };
  grid.addEventListener("pointerover", (event) => show(event.target.closest("td")));
  grid.addEventListener("focusin", (event) => show(event.target.closest("td")));
  grid.addEventListener("keydown", (event) => {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const move = moves[event.key];
    const cell = event.target.closest("td");
    if (!move || !cell) return;
    event.preventDefault();
    const row = grid.rows[cell.parentNode.rowIndex + move[0]];
    const next = row && row.cells[cell.cellIndex + move[1]];
    if (!next) return;
    cell.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}
