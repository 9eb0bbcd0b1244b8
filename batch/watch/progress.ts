/** How far Jobs are, and what their pods wait for. Pure. */
import { eventLifetime, type PodWarning } from "./events";
import { type PodView, type Waiting } from "../jobs/pods";
import { finished } from "../jobs/condition";
import { type RunState } from "./run-state";

/** How far the Jobs are; the counts are of tasks. */
export interface Progress {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  readonly running: number;
  /** Most pods that the Jobs have at a time for now. @default one for each task that has not ended */
  readonly atOnce?: number;
  /** Pods that wait, by what for. */
  readonly waiting: readonly (Waiting & { readonly pods: number })[];
}

export interface Seen {
  /** By the uid of their Jobs. */
  readonly runs: ReadonlyMap<string, RunState>;
  /** Those that have not ended. */
  readonly pods: Iterable<PodView>;
  /** By the uid of their pods. */
  readonly warnings: ReadonlyMap<string, PodWarning>;
}

/** @param now milliseconds since 1970 */
export function progressOf({ runs, pods, warnings }: Seen, now: number): Progress {
  const states = [...runs.values()];
  const sum = (of: (state: RunState) => number) => states.reduce((total, state) => total + of(state), 0);
  const waiting = new Map<string, Waiting & { pods: number }>();
  const wait = (why: Waiting, count: number) => {
    // A reason without a message is not shown, and makes no difference.
    const key = `${why.kind} ${why.message && why.reason}`;
    waiting.set(key, { ...why, pods: (waiting.get(key)?.pods ?? 0) + count });
  };
  let running = 0;
  const live = new Set<string>();
  for (const pod of pods) {
    live.add(pod.jobUid);
    if (pod.waiting) wait(explained(pod, pod.waiting, { state: runs.get(pod.jobUid), warning: warnings.get(pod.uid), now }), 1);
    else running++;
  }
  for (const [uid, state] of runs) {
    const open = state.run.tasks.length - state.ended.size;
    const why = live.has(uid) || open === 0 ? undefined : podless(state, now);
    if (why) wait(why, open);
  }
  const succeeded = sum((state) => state.succeeded);
  return {
    total: sum(({ run }) => run.tasks.length),
    succeeded,
    failed: sum(({ ended }) => ended.size) - succeeded,
    running,
    atOnce: sum(podsAtOnce),
    waiting: [...waiting.values()],
  };
}

function podsAtOnce({ run, ended, job }: RunState): number {
  const open = run.tasks.length - ended.size;
  return Math.min(open, job?.spec.parallelism ?? open);
}

const currentEvent = (state: RunState | undefined, now: number) =>
  state?.event && now - state.event.at < eventLifetime ? state.event : undefined;

interface Said {
  readonly state: RunState | undefined;
  readonly warning: PodWarning | undefined;
  readonly now: number;
}

/** Of nodes that are to come, the autoscaler knows more than the scheduler; of a pod that does not start, only an Event tells why. */
function explained({ prepared }: PodView, waiting: Waiting, { state, warning, now }: Said): Waiting {
  if (waiting.kind === "start" && !prepared && warning) return { kind: "start", reason: warning.reason, message: warning.message };
  const event = waiting.kind === "node" ? currentEvent(state, now) : undefined;
  return event && event.reason !== "FailedCreate" ? { kind: "node", reason: event.reason, message: event.message } : waiting;
}

/** Why a Job at work has no pods, if it is known. */
function podless(state: RunState, now: number): Waiting | undefined {
  const { job } = state;
  if (!job || finished(job)) return undefined;
  const { name, namespace } = job.metadata;
  if (job.spec.suspend) {
    const message = `Job ${name} is suspended; to resume it: kubectl -n ${namespace} patch job ${name} -p '{"spec":{"suspend":false}}'`;
    return { kind: "creation", reason: "Suspended", message };
  }
  const event = currentEvent(state, now);
  return event?.reason === "FailedCreate" ? { kind: "creation", reason: event.reason, message: event.message } : undefined;
}
