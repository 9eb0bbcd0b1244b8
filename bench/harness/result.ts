/**
 * What the benchmarks share: their figures and the local cloud.
 * Imports local/ only; every other folder of bench/ may import it.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";

export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly comparator: "<=" | ">=";
  /** null: the figure is only written down. */
  readonly goal: number | null;
  /** What the figure was compared with in the same run. */
  readonly against: string;
}

export interface Benchmark {
  readonly name: string;
  readonly description: string;
  readonly measure: (say: (line: string) => void) => Promise<readonly Figure[]>;
}

export const figure = (
  name: string,
  value: number,
  unit: string,
  comparator: Figure["comparator"],
  goal: Figure["goal"],
  against: string,
): Figure => ({ name, value, unit, comparator, goal, against });

/** A figure that is best small. */
export const atMost = (name: string, value: number, unit: string, goal: Figure["goal"], against: string): Figure =>
  figure(name, value, unit, "<=", goal, against);

export const reached = (figure: Figure): boolean =>
  figure.goal === null || (figure.comparator === "<=" ? figure.value <= figure.goal : figure.value >= figure.goal);

/** Writes `bench/results/<name>.json` with the machine and the date. */
export function writeResult(name: string, figures: readonly Figure[]): void {
  const folder = join(__dirname, "..", "results");
  mkdirSync(folder, { recursive: true });
  const machine = { cores: cpus().length, memoryGiB: Math.round(totalmem() / 2 ** 30), kernel: release(), node: process.version };
  const result = { name, measuredAt: new Date().toISOString(), machine, figures };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify(result, null, 2) + "\n");
}

export function renderFigures(figures: readonly Figure[]): string {
  return figures
    .map((figure) => {
      const goal = figure.goal === null ? "written down" : `goal ${figure.comparator} ${figure.goal}`;
      return `  ${reached(figure) ? " " : "!"} ${figure.name.padEnd(34)} ${figure.value.toFixed(2).padStart(9)} ${figure.unit.padEnd(8)} ${goal}; against ${figure.against}`;
    })
    .join("\n");
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
