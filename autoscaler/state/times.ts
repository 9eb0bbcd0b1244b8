import { type Snapshot, type Pod, type Times } from "./model";

/** Older times count less: so many of them weigh as much as is remembered. */
const memory = 50;

/** Takes one more observed time in, in milliseconds. */
export function observe(known: Times | undefined, time: number): Times {
  if (!known) return { count: 1, mean: time, deviation: 0 };
  const count = known.count + 1;
  const share = 1 / Math.min(count, memory);
  const off = time - known.mean;
  const variance = (1 - share) * (known.deviation ** 2 + share * off ** 2);
  return { count, mean: known.mean + share * off, deviation: Math.sqrt(variance) };
}

/** Fewer observations than this say nothing. */
const fewest = 3;

/** A time that most will not exceed; undefined when too few were observed. */
export function likelyLongest(times: Times | undefined): number | undefined {
  return times && times.count >= fewest ? times.mean + 2 * times.deviation : undefined;
}

/** Two figures of a time, rounded up, so that times that hardly differ are one. */
export function roughly(time: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, time))) - 1);
  return Math.ceil(time / unit) * unit;
}

/** How long a pod likely runs, in milliseconds, judged by its Job's finished pods, or else by those of its shape; undefined when neither is known. */
export function durationsOf({ jobs = [], durations = new Map() }: Snapshot): (pod: Pod) => number | undefined {
  const ofJobs = new Map<string, number>();
  for (const job of jobs) learn(ofJobs, job.uid, job.durations);
  const ofShapes = new Map<string, number>();
  for (const [key, times] of durations) learn(ofShapes, key, times);
  return ({ job, shape }) => (job && ofJobs.get(job.uid)) ?? (ofShapes.size > 0 ? ofShapes.get(shape.key) : undefined);
}

function learn(known: Map<string, number>, key: string, times: Times | undefined): void {
  const time = likelyLongest(times);
  if (time !== undefined) known.set(key, roughly(time));
}
