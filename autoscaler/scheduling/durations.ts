import { type Pod, type Snapshot, type Times } from "../state/model";
import { likelyLongest, roughly } from "../state/times";

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
