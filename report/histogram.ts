/** How long the tasks took. Pure. */
import { type Bar, isDrawn } from "./bars";
import { niceStep } from "../common/format";

export interface Bin {
  /** In seconds; the last bin has no upper end when some took much longer than most. */
  readonly from: number;
  readonly to: number;
  readonly succeeded: number;
  readonly failed: number;
}

export interface Histogram {
  readonly bins: readonly Bin[];
  /** In seconds. */
  readonly median: number;
  readonly p95: number;
  readonly longest: Bar;
}

const about = 24;

/** Of the last attempt at each task; undefined when none was timed. */
export function histogramOf(bars: readonly Bar[]): Histogram | undefined {
  const last = bars.filter(isDrawn).filter(({ number, record }) => number === record.attempts.length);
  if (last.length === 0) return undefined;
  const sorted = last.map((bar) => ({ bar, seconds: (bar.end - bar.start) / 1000 })).sort((a, b) => a.seconds - b.seconds);
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.seconds;
  const [median, p95, longest] = [quantile(0.5), quantile(0.95), sorted.at(-1)!];
  // A few tasks that take very long must not press all others into one bin.
  const shown = Math.min(longest.seconds, Math.max(p95 * 2, 1));
  const step = niceStep(Math.max(shown, 1) / about);
  const count = Math.max(1, Math.floor(shown / step) + 1);
  const bins = Array.from({ length: count }, (_, i) => ({ from: i * step, to: (i + 1) * step, succeeded: 0, failed: 0 }));
  for (const { bar, seconds } of sorted)
    bins[Math.min(count - 1, Math.floor(seconds / step))]![bar.outcome === "succeeded" ? "succeeded" : "failed"]++;
  if (longest.seconds >= count * step) bins[count - 1]!.to = Infinity;
  return { bins, median, p95, longest: longest.bar };
}
