/** Tables for people. Pure. */
import { printableLine } from "../../common/printable";

/** Columns of text, two spaces apart; numbers stand to the right. Empty columns are left out. */
export function table(heads: readonly string[], rows: readonly (readonly (string | number | undefined)[])[]): string {
  const used = heads.map((_, column) => rows.length === 0 || rows.some((row) => row[column] !== undefined && row[column] !== ""));
  const shown = <T>(row: readonly T[]): T[] => row.filter((_, column) => used[column]);
  const cells = [shown(heads), ...rows.map((row) => shown(row).map((cell) => (cell === undefined ? "" : printableLine(String(cell)))))];
  const numeric = shown(heads).map((_, column) => rows.every((row) => typeof (shown(row)[column] ?? 0) === "number"));
  const widths = shown(heads).map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => (numeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
