import { highest, type Panel, ticks } from "./lines";

const blocks = " ▁▂▃▄▅▆▇█";
/** Lines that each area is high. */
const rows = 4;
/** For the names on the left and the numbers of the axis. */
const margin = 8;
const colours = ["36", "33", "35", "32"];

export interface TerminalOptions {
  /** Characters. */
  readonly width: number;
  readonly colour: boolean;
}

/** Draws panels with block characters: one area for each policy, all of a panel on one scale. */
export function drawTerminal(panels: readonly Panel[], { width, colour }: TerminalOptions): string {
  const columns = Math.max(20, width - margin - 2);
  const paint = (text: string, i: number): string => (colour ? `\x1b[${colours[i % colours.length]}m${text}\x1b[0m` : text);
  return panels
    .map(({ title, unit, lines, end }) => {
      const areas = lines.map(({ steps }) => highest(steps, end, columns));
      const most = Math.max(1e-9, ...areas.flat());
      const drawn = lines.flatMap(({ name }, i) => [
        `${" ".repeat(margin)} │${paint(name, i)}`,
        ...area(areas[i]!, most).map(
          (row, r) => `${(r === 0 ? short(most) : r === rows - 1 ? "0" : "").padStart(margin)} │${paint(row.trimEnd(), i)}`,
        ),
      ]);
      return [`${title} (${unit})`, ...drawn, ...timeAxis(end, columns)].join("\n");
    })
    .join("\n\n");
}

function area(values: readonly number[], most: number): string[] {
  const levels = values.map((value) => (value > 0 ? Math.max(1, Math.round((value / most) * rows * 8)) : 0));
  return Array.from({ length: rows }, (_, row) => {
    const below = (rows - 1 - row) * 8;
    return levels.map((level) => blocks[Math.min(8, Math.max(0, level - below))]).join("");
  });
}

function timeAxis(end: number, columns: number): string[] {
  const labels = Array.from({ length: columns + 8 }, () => " ");
  const rule = Array.from({ length: columns }, () => "─");
  for (const hours of ticks(end, Math.max(2, Math.floor(columns / 12)))) {
    const at = Math.min(columns - 1, Math.round((hours / (end || 1)) * columns));
    rule[at] = "┬";
    for (const [i, character] of [...`${short(hours)} h`].entries()) labels[at + i] = character;
  }
  return [`${" ".repeat(margin)} └${rule.join("")}`, `${" ".repeat(margin)}  ${labels.join("").slice(0, columns).trimEnd()}`];
}

const short = (value: number): string => (value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3))));
