/** Node time of what was stopped before its end: of the tasks no record tells, and it is paid all the same. */
import { type Cluster } from "../../kubernetes/cluster";
import { type Run } from "../jobs/launch";
import { type Parameters } from "../spec";
import { type Records } from "../records";
import { type Span } from "../cost";
import { listPods } from "../watch/watch";

/** Notes when nodes worked on tasks of Jobs that are about to be deleted, as far as no record has it. Call when their ends are recorded. */
export async function noteStopped(
  runs: readonly Run[],
  { cluster, parameters, records }: { readonly cluster: Cluster; readonly parameters: Parameters; readonly records: Records },
  now = new Date(),
): Promise<void> {
  const tasks = new Map(runs.map(({ job, tasks }) => [job.metadata.uid, tasks]));
  const spans = (await listPods(cluster, parameters)).flatMap(({ jobUid, index, node, start, attempt }): Span[] => {
    const task = tasks.get(jobUid)?.[index];
    if (!task || records.row(task.fingerprint)?.jobUid === jobUid) return [];
    return [attempt ? { node: attempt.node, start: attempt.start, end: attempt.end } : { node, start, end: now.toISOString() }];
  });
  records.stopped = mergeSpans([...records.stopped, ...spans]);
}

/** Spans of one node that overlap are one: thousands of tasks may have run on it. */
export function mergeSpans(spans: readonly Span[]): Span[] {
  const merged: Required<Span>[] = [];
  const latest = new Map<string, number>();
  const whole = spans.flatMap(({ node, start, end }) =>
    node !== undefined && start !== undefined && end !== undefined ? [{ node, start, end }] : [],
  );
  for (const span of whole.sort((a, b) => Date.parse(a.start) - Date.parse(b.start))) {
    const at = latest.get(span.node);
    const last = at === undefined ? undefined : merged[at];
    if (last && Date.parse(span.start) <= Date.parse(last.end)) {
      if (Date.parse(span.end) > Date.parse(last.end)) merged[at!] = { ...last, end: span.end };
    } else latest.set(span.node, merged.push(span) - 1);
  }
  return merged;
}
