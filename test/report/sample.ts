/** Records of a batch Job as they would come from a cluster whose pool grows, fills and drains; the same ones every time. */
import { type Attempt, type Output, type TaskRecord } from "../../batch/records";

export interface SampleOptions {
  readonly tasks: number;
  /** @default 12 */
  readonly nodes?: number;
  /** Tasks that a node runs at a time. @default 4 */
  readonly slots?: number;
  /** Typical seconds of a task. @default 40 */
  readonly seconds?: number;
  /** Share of attempts that fail. @default 0.05 */
  readonly failing?: number;
  /** ISO 8601. @default 2026-11-20T18:04:10Z */
  readonly start?: string;
  readonly job?: string;
  readonly outputs?: (task: string, index: number) => readonly Output[];
}

/** A small generator of pseudo-random numbers from 0 to 1 (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const retries = 2;

const faults = [
  { exitCode: 137, reason: "OOMKilled: used more than its memory (1Gi)", log: "Traceback (most recent call last):\nMemoryError" },
  {
    exitCode: 1,
    reason: "Error: the fit did not converge",
    log: "INFO  reading events\nINFO  iteration 500, chi2/ndf 48.2\nERROR the fit did not converge",
  },
  { exitCode: 143, reason: "The node was lost", log: "INFO  reading events" },
] as const;

export function sampleRecords(options: SampleOptions): TaskRecord[] {
  const { tasks, nodes = 12, slots = 4, seconds = 40, failing = 0.05, start = "2026-11-20T18:04:10Z", job = "sweep-1" } = options;
  const random = randomNumbers(7);
  const begin = Date.parse(start);
  // The pool grows by a node every now and then; each has its slots free from then on.
  const free = Array.from({ length: nodes * slots }, (_, i) => {
    const node = Math.floor(i / slots);
    return {
      node: `compute-node-${(0x3f2a11 + node * 7919).toString(16)}`,
      from: begin + (node < 2 ? 0 : 60_000 + (node - 2) * 9_000) + (i % slots) * 400,
    };
  });
  const left = Array.from({ length: tasks }, (_, index) => ({ index, attempts: [] as Attempt[], ready: begin }));
  const records: TaskRecord[] = [];
  for (let task = left.shift(); task; task = left.shift()) {
    const slot = free.reduce((first, other) => (other.from < first.from ? other : first));
    const name = `SEED=${task.index % 20},ALPHA=${(Math.floor(task.index / 20) * 0.1).toFixed(1)}`;
    const fault = random() < failing ? faults[Math.floor(random() * faults.length)]! : undefined;
    const from = Math.max(slot.from, task.ready) + 300 + random() * 1500;
    const to = from + seconds * 1000 * (0.6 + random() * random() * 2 + task.index / tasks / 2) * (fault ? 0.5 : 1);
    slot.from = to;
    const attempt: Attempt = {
      pod: `${job}-${task.index}-${task.attempts.length}`,
      node: slot.node,
      start: new Date(from).toISOString(),
      end: new Date(to).toISOString(),
      ...(fault ?? { exitCode: 0 }),
      logKey: `batch/sweep/logs/${task.index}/${task.attempts.length}.log`,
    };
    const attempts = [...task.attempts, attempt];
    if (fault && attempts.length <= retries && fault.exitCode !== 1) left.unshift({ ...task, attempts, ready: to + 5000 });
    else {
      const { node, start, end, exitCode, reason, logKey } = attempt;
      const status = fault ? "failed" : "succeeded";
      const outputs = fault
        ? []
        : (options.outputs?.(name, task.index) ?? [{ key: `batch/sweep/${name}/fit.json`, bytes: 1200 + task.index }]);
      const fingerprint = task.index.toString(16).padStart(32, "0");
      records.push({
        name,
        fingerprint,
        status,
        attempts,
        node,
        start,
        end,
        exitCode,
        reason,
        logKey,
        memory: "1Gi",
        outputs,
        job: { name: job, uid: job, index: task.index },
      });
    }
  }
  return records.sort((a, b) => a.job.index - b.job.index);
}

export const sampleParameters = {
  name: "alpha-sweep",
  image: "registry.example.org/analysis/fit:2.4",
  pool: "compute",
  cpu: "1",
  memory: "1Gi",
  resultsPrefix: "batch/sweep/",
  store: { bucket: "analysis-results" },
};

/** A plot as a task of the sample would write it: a peak over a background, with the points' errors. */
export function samplePlot(index: number): Buffer {
  const random = randomNumbers(index + 1);
  const peak = 80 + (index % 10) * 14;
  const expected = (x: number) => 26 * Math.exp(-x / 130) + 95 * Math.exp(-(((x - peak) / 17) ** 2));
  const y = (value: number) => (172 - value).toFixed(1);
  const line = Array.from({ length: 57 }, (_, i) => `${i === 0 ? "M" : "L"}${20 + i * 5} ${y(expected(i * 5))}`).join("");
  const points = Array.from({ length: 28 }, (_, i) => {
    const [x, value] = [i * 10 + 5, expected(i * 10 + 5)];
    const error = Math.sqrt(value) * 1.1 + 1;
    const seen = Math.max(0, value + (random() + random() + random() - 1.5) * 1.6 * error);
    return `<path d="M${20 + x} ${y(seen + error)}V${y(Math.max(0, seen - error))}" stroke="#222"/><circle cx="${20 + x}" cy="${y(seen)}" r="2.4" fill="#222"/>`;
  });
  return Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 200"><path d="${line}L300 172L20 172z" fill="#dbe7f5"/><path d="${line}" fill="none" stroke="#2e6db4" stroke-width="1.6"/>${points.join("")}<path d="M20 20V172H306" fill="none" stroke="#888"/></svg>`,
  );
}
