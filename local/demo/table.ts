/** A table in the terminal that gets a row whenever what it shows has changed. */

const renderRow = (width: number, cells: readonly string[]): string => cells.map((cell) => cell.padStart(width)).join("");

/**
 * Writes the head of a table whose first column is the time.
 *
 * @param width characters of a column
 * @returns writes a row, unless its cells are those of the last one. The seconds do not count as a change, and neither does `after`, which comes after the cells.
 */
export function openTable(
  columns: readonly string[],
  { width = 9, write = (line: string): void => console.log(line) } = {},
): (seconds: number, cells: readonly (string | number)[], after: string) => void {
  write(renderRow(width, ["time", ...columns]));
  let shown = "";
  return (seconds, cells, after) => {
    const texts = cells.map(String);
    if (texts.join() === shown) return;
    shown = texts.join();
    write(`${renderRow(width, [`${seconds.toFixed(0)} s`, ...texts])} ${after}`);
  };
}
