/** Pixels. */
const width = 720;
const height = 200;
const margin = { left: 56, right: 16, top: 36, bottom: 34 };

const style = `
  text { font: 12px system-ui, sans-serif; fill: #24292f; } .title { font-weight: 600; } .paper { fill: #ffffff; }
  .grid { stroke: #d0d7de; } .line { fill: none; stroke: #0550ae; stroke-width: 1.8; } .load { fill: #bf8700; fill-opacity: 0.15; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .paper { fill: #0d1117; } .grid { stroke: #373e47; } .line { stroke: #6cb6ff; }
  }`;

export interface Point {
  /** Seconds since the start. */
  readonly at: number;
  readonly replicas: number;
  /** Requests a second, of all pods together. */
  readonly requests: number;
}

export interface Plot {
  readonly points: readonly Point[];
  /** When the load began and ended, in seconds. */
  readonly load: readonly [number, number];
  readonly minReplicas: number;
}

/** Draws requests and pods over time as an SVG document, readable on light and on dark paper; the time of the load is shaded. */
export function drawPlot({ points, load, minReplicas }: Plot): string {
  const end = Math.max(1, ...points.map(({ at }) => at));
  const panels = [
    panel(
      "Requests a second",
      points.map(({ at, requests }) => [at, requests] as const),
      end,
      load,
      0,
    ),
    panel(
      "Pods",
      points.map(({ at, replicas }) => [at, replicas] as const),
      end,
      load,
      minReplicas,
    ),
  ];
  const full = margin.top + height + margin.bottom;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${full * panels.length}" role="img" aria-label="Requests and pods over time">`,
    `<title>Requests and pods over time</title><style>${style}</style><rect class="paper" width="100%" height="100%"/>`,
    ...panels.map((content, i) => `<g transform="translate(0 ${i * full})">${content}</g>`),
    "</svg>\n",
  ].join("\n");
}

function panel(title: string, points: readonly (readonly [number, number])[], end: number, load: Plot["load"], least: number): string {
  const most = niceMaximum(Math.max(1, least, ...points.map(([, value]) => value)));
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
  // A value holds until the next one is known.
  const line = points.map(([at, value], i) => (i === 0 ? `M${x(at)} ${y(value)}` : `H${x(at)}V${y(value)}`)).join("");
  return [
    `<text class="title" x="${margin.left}" y="20">${title}</text>`,
    `<rect class="load" x="${x(load[0])}" y="${margin.top}" width="${round(x(Math.min(load[1], end)) - x(load[0]))}" height="${height}"/>`,
    ...rows,
    ...columns,
    `<path class="line" d="${line}"/>`,
  ].join("");
}

/** The next even number of one leading digit, so that half of it is as short. */
function niceMaximum(value: number): number {
  const unit = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 4, 6, 8, 10].find((factor) => factor * unit >= value) ?? 10) * unit;
}

const round = (pixels: number): number => Math.round(pixels * 10) / 10;
