import { highest, type Panel, type Steps, ticks } from "./lines";

/** Pixels. */
const size = { width: 560, height: 180, left: 62, right: 16, top: 34, bottom: 40, legend: 34 };
const styles = `
  text { font: 12px system-ui, sans-serif; fill: #24292f; } .title { font-weight: 600; font-size: 13px; }
  .grid { stroke: #d0d7de; stroke-width: 1; } .line { fill: none; stroke-width: 1.8; } rect.paper { fill: #ffffff; }
  .l0 { stroke: #0550ae; } .l1 { stroke: #bc4c00; stroke-dasharray: 6 3; } .l2 { stroke: #6639ba; stroke-dasharray: 2 3; } .l3 { stroke: #116329; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .grid { stroke: #373e47; } rect.paper { fill: #0d1117; }
    .l0 { stroke: #6cb6ff; } .l1 { stroke: #f0883e; } .l2 { stroke: #d2a8ff; } .l3 { stroke: #6bc46d; }
  }`;

/** Draws panels as an SVG document, readable on light and on dark paper. @param columns how many panels stand side by side */
export function drawSvg(title: string, panels: readonly Panel[], columns = 1): string {
  const names = [...new Set(panels.flatMap(({ lines }) => lines.map(({ name }) => name)))];
  const width = columns * size.width;
  const height = size.legend + Math.ceil(panels.length / columns) * (size.height + size.top + size.bottom);
  const drawn = panels.map((panel, i) => {
    const x = (i % columns) * size.width;
    const y = size.legend + Math.floor(i / columns) * (size.height + size.top + size.bottom);
    return `<g transform="translate(${x} ${y})">${drawPanel(panel, names)}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escape(title)}">`,
    `<title>${escape(title)}</title><style>${styles}</style><rect class="paper" width="100%" height="100%"/>`,
    legend(names),
    ...drawn,
    "</svg>\n",
  ].join("\n");
}

function legend(names: readonly string[]): string {
  return names
    .map(
      (name, i) =>
        `<path class="line l${i}" d="M${size.left + i * 160} 20h26"/><text x="${size.left + 32 + i * 160}" y="24">${escape(name)}</text>`,
    )
    .join("");
}

function drawPanel({ title, unit, lines, end }: Panel, names: readonly string[]): string {
  const plotWidth = size.width - size.left - size.right;
  const most = lines.flatMap(({ steps }) => steps).reduce((highest, [, value]) => Math.max(highest, value), 1e-9);
  const x = (hours: number): number => size.left + (hours / (end || 1)) * plotWidth;
  const y = (value: number): number => size.top + size.height * (1 - value / (most * 1.05));
  const horizontal = ticks(most, 4).map(
    (value) =>
      `<path class="grid" d="M${size.left} ${round(y(value))}h${plotWidth}"/><text x="${size.left - 8}" y="${round(y(value)) + 4}" text-anchor="end">${value}</text>`,
  );
  const vertical = ticks(end, 6).map(
    (hours) =>
      `<path class="grid" d="M${round(x(hours))} ${size.top}v${size.height}"/><text x="${round(x(hours))}" y="${size.top + size.height + 17}" text-anchor="middle">${hours}</text>`,
  );
  const curves = lines.map(({ name, steps }) => `<path class="line l${names.indexOf(name)}" d="${path(steps, end, plotWidth, x, y)}"/>`);
  return [
    `<text class="title" x="${size.left}" y="${size.top - 12}">${escape(title)} (${escape(unit)})</text>`,
    ...horizontal,
    ...vertical,
    ...curves,
    `<text x="${size.left + plotWidth / 2}" y="${size.top + size.height + 34}" text-anchor="middle">hours since the start</text>`,
  ].join("\n");
}

/** At most two points for each pixel, so that a day of a busy cluster stays a small file. */
function path(steps: Steps, end: number, pixels: number, x: (hours: number) => number, y: (value: number) => number): string {
  const last = steps.at(-1)?.[1] ?? 0;
  const points =
    steps.length <= pixels
      ? [...steps, [end, last] as const]
      : highest(steps, end, pixels).map((value, i): readonly [number, number] => [(i / pixels) * end, value]);
  let height = y(0);
  const parts = [`M${round(x(0))} ${round(height)}`];
  for (const [hours, value] of points) {
    if (y(value) === height && hours < end) continue;
    height = y(value);
    parts.push(`H${round(x(hours))}V${round(height)}`);
  }
  return parts.join("") + `H${round(x(end))}`;
}

const round = (value: number): number => Math.round(value * 10) / 10;

const escape = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
