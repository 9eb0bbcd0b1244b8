/** Extrapolating from a few measurements. */

export interface Point {
  /** How much there was to do. */
  readonly n: number;
  readonly seconds: number;
}

export interface Fit {
  readonly name: "linear" | "power";
  /** e.g. "0.061 n + 0.4 s". */
  readonly text: string;
  readonly at: (n: number) => number;
}

/** The straight line through points, by least squares. */
export function linearFit(points: readonly Point[]): Fit {
  const { slope, offset } = line(points.map(({ n, seconds }) => [n, seconds]));
  return {
    name: "linear",
    text: `${slope.toFixed(4)} n ${offset < 0 ? "-" : "+"} ${Math.abs(offset).toFixed(2)} s`,
    at: (n) => slope * n + offset,
  };
}

/** The power law through points, by least squares of their logarithms: an exponent above 1 is more than linear growth. */
export function powerFit(points: readonly Point[]): Fit {
  const { slope, offset } = line(points.map(({ n, seconds }) => [Math.log(n), Math.log(seconds)]));
  const factor = Math.exp(offset);
  return { name: "power", text: `${factor.toPrecision(3)} n^${slope.toFixed(2)} s`, at: (n) => factor * n ** slope };
}

function line(points: readonly (readonly [x: number, y: number])[]): { slope: number; offset: number } {
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const variance = mean(points.map((point) => (point[0] - x) ** 2));
  const slope = mean(points.map((point) => (point[0] - x) * (point[1] - y))) / variance;
  return { slope, offset: y - slope * x };
}
