/** Values over time as an SVG document, readable on light and on dark paper. */

/** Pixels. */
const width = 720;
const height = 200;
const margin = { left: 56, right: 16, top: 36, bottom: 34 };

/** Of the parts of a stack, on light and on dark paper; further parts begin anew. */
const colors = [
  ["#0550ae", "#6cb6ff"],
  ["#bc4c00", "#f0883e"],
  ["#116329", "#6bc46d"],
  ["#6639ba", "#d2a8ff"],
  ["#9a6700", "#e3b341"],
  ["#a40e26", "#ff7b72"],
  ["#1b7c83", "#56d4dd"],
  ["#57606a", "#8b949e"],
] as const;
const fills = (paper: 0 | 1): string => colors.map((color, i) => `.part${i} { fill: ${color[paper]}; }`).join(" ");

const style = `
  text { font: 12px system-ui, sans-serif; fill: #24292f; } .title { font-weight: 600; } .paper { fill: #ffffff; }
  .grid { stroke: #d0d7de; } .line { fill: none; stroke: #0550ae; stroke-width: 1.8; } .load { fill: #bf8700; fill-opacity: 0.15; }
  ${fills(0)}
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .paper { fill: #0d1117; } .grid { stroke: #373e47; } .line { stroke: #6cb6ff; }
    ${fills(1)}
  }`;

/** A line. */
interface LinePanel {
  readonly title: string;
  /** A value holds until the next one is known. */
  readonly points: readonly { readonly at: number; readonly value: number }[];
  /** What the scale has at least. @default 1 */
  readonly least?: number;
}

/** Several values on top of each other. */
interface StackPanel {
  readonly title: string;
  /** Names of the values, from below. */
  readonly parts: readonly string[];
  readonly stacks: readonly { readonly at: number; readonly values: readonly number[] }[];
}

export type Panel = LinePanel | StackPanel;

/** Places of seconds and values on a panel. */
interface Scale {
  readonly x: (at: number) => number;
  readonly y: (value: number) => number;
}

/** @param label what the plot shows @param shaded from when to when something went on, in seconds */
export function drawPanels(label: string, panels: readonly Panel[], shaded: readonly [number, number]): string {
  const end = Math.max(1, ...panels.flatMap((panel) => valuesOf(panel).map(({ at }) => at)));
  const full = margin.top + height + margin.bottom;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${full * panels.length}" role="img" aria-label="${label}">`,
    `<title>${label}</title><style>${style}</style><rect class="paper" width="100%" height="100%"/>`,
    ...panels.map((panel, i) => `<g transform="translate(0 ${i * full})">${drawPanel(panel, end, shaded)}</g>`),
    "</svg>\n",
  ].join("\n");
}

/** The highest value of a panel at each time. */
const valuesOf = (panel: Panel): LinePanel["points"] =>
  "points" in panel ? panel.points : panel.stacks.map(({ at, values }) => ({ at, value: sum(values) }));

function drawPanel(panel: Panel, end: number, shaded: readonly [number, number]): string {
  const least = "points" in panel ? (panel.least ?? 1) : 1;
  const most = niceMaximum(Math.max(1, least, ...valuesOf(panel).map(({ value }) => value)));
  const x = (at: number): number => round(margin.left + (at / end) * (width - margin.left - margin.right));
  const y = (value: number): number => round(margin.top + height * (1 - value / most));
  const rows = [0, most / 2, most].map(
    (value) =>
      `<path class="grid" d="M${margin.left} ${y(value)}H${width - margin.right}"/>` +
      `<text x="${margin.left - 8}" y="${y(value) + 4}" text-anchor="end">${value}</text>`,
  );
  const step = [15, 30, 60, 120, 300, 600].find((seconds) => end / seconds <= 8) ?? 1800;
  const columns = Array.from({ length: Math.floor(end / step) + 1 }, (_, i) => i * step).map(
    (at) => `<text x="${x(at)}" y="${margin.top + height + 18}" text-anchor="middle">${at} s</text>`,
  );
  return [
    `<text class="title" x="${margin.left}" y="20">${panel.title}</text>`,
    `<rect class="load" x="${x(shaded[0])}" y="${margin.top}" width="${round(x(Math.min(shaded[1], end)) - x(shaded[0]))}" height="${height}"/>`,
    ...rows,
    ...columns,
    "points" in panel ? drawLine(panel, { x, y }) : drawStack(panel, { x, y }, end),
  ].join("");
}

const drawLine = ({ points }: LinePanel, { x, y }: Scale): string =>
  `<path class="line" d="${points.map(({ at, value }, i) => (i === 0 ? `M${x(at)} ${y(value)}` : `H${x(at)}V${y(value)}`)).join("")}"/>`;

/** Each part reaches down to the axis, and those below it are drawn over it. */
function drawStack({ title, parts, stacks }: StackPanel, { x, y }: Scale, end: number): string {
  const areas = parts.map((_, i) => {
    const tops = stacks.map(({ at, values }) => `H${x(at)}V${y(sum(values.slice(0, i + 1)))}`);
    return `<path class="part${i % colors.length}" d="M${x(stacks[0]?.at ?? 0)} ${y(0)}${tops.join("")}H${x(end)}V${y(0)}Z"/>`;
  });
  let place = margin.left + textWidth(title) + 16;
  const legend = parts.map((part, i) => {
    const entry = `<rect class="part${i % colors.length}" x="${place}" y="10" width="11" height="11"/><text x="${place + 16}" y="20">${part}</text>`;
    place += textWidth(part) + 32;
    return entry;
  });
  return [...areas.toReversed(), ...legend].join("");
}

/** About what a text takes, in pixels. */
const textWidth = (text: string): number => 7 * text.length;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** The next even number of one leading digit, so that half of it is as short. */
function niceMaximum(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 6, 8, 10].find((factor) => factor * unit >= value) ?? 10) * unit;
}

const round = (pixels: number): number => Math.round(pixels * 10) / 10;
