/** Lanes of a timeline with too many attempts to draw each: how many ran at a time. Pure. */
import { isDrawn, type Lane } from "./bars";
import { type Clock } from "./clock";
import { type Content, html } from "./html";

/** Parts of the time axis. */
const columns = 240;
const levels = 4;
const height = 9;
/** The shades, and the marks of failures under them. */
const shadeHeight = 6;

/** @returns what draws a lane; its shades compare all lanes */
export function density(lanes: readonly Lane[], clock: Clock): (lane: Lane, y: number) => { content: Content; height: number } {
  const counted = new Map(lanes.map((lane) => [lane, count(lane, clock)]));
  // The last lane may stand for many nodes, which are many times as busy as one.
  const single = lanes.length > 1 ? lanes.slice(0, -1) : lanes;
  const peak = Math.max(1, ...single.flatMap((lane) => counted.get(lane)!.running));
  return (lane, y) => {
    const { running, failed } = counted.get(lane)!;
    const level = running.map((value) => Math.min(levels, Math.ceil((value / peak) * levels)));
    const shades = Array.from({ length: levels }, (_, i) => boxes(level, 0, shadeHeight, (value) => value === i + 1)).flatMap((path, i) =>
      path ? html`<path class="shade shade${i + 1}" d="${path}" />` : [],
    );
    const marks = boxes(failed, shadeHeight, height - shadeHeight, (value) => value > 0);
    // Stretched to the width of the plot; its own height is kept.
    const content = html`<svg y="${y}" width="100%" height="${height}" viewBox="0 0 ${columns} ${height}" preserveAspectRatio="none">
      <title>${lane.title}</title>
      ${shades}${marks && html`<path class="mark" d="${marks}" />`}
    </svg>`;
    return { content, height };
  };
}

/** Attempts at a time, averaged over each part of the axis (any that ran counts a little), and those that ended there as failed ones. */
function count({ bars }: Lane, clock: Clock): { running: number[]; failed: number[] } {
  const running = new Array<number>(columns).fill(0);
  const failed = new Array<number>(columns).fill(0);
  for (const bar of bars) {
    if (!isDrawn(bar)) continue;
    const from = clock.share(bar.start) * columns;
    const to = Math.max(clock.share(bar.end) * columns, from + 0.01);
    for (let column = Math.floor(from); column < Math.min(to, columns); column++) {
      running[column]! += Math.min(to, column + 1) - Math.max(from, column);
    }
    if (bar.outcome !== "succeeded") failed[Math.min(columns - 1, Math.floor(to))]!++;
  }
  return { running, failed };
}

/** A path of boxes over the columns for which `wanted` holds; neighbours are one box. */
function boxes(values: readonly number[], y: number, tall: number, wanted: (value: number) => boolean): string {
  let path = "";
  for (let column = 0; column < values.length; column++) {
    if (!wanted(values[column]!)) continue;
    const first = column;
    while (column + 1 < values.length && wanted(values[column + 1]!)) column++;
    path += `M${first} ${y}h${column + 1 - first}v${tall}h-${column + 1 - first}z`;
  }
  return path;
}
