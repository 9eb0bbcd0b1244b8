/** What the controller keeps of the objects that it follows, and what is to be done with them. Pure. */
import { type Job } from "../kubernetes/cluster";
import { finished } from "../batch/jobs/condition";
import { isLaunched, isRecorded } from "../batch/jobs/launch";
import { annotations, concluded, labels } from "../batch/jobs/manifest/marks";
import { isOpen, type Submission } from "../batch/jobs/submission";

/** A Kubernetes Job of a batch Job, without what it runs. */
export interface ObservedJob {
  readonly uid: string;
  /** Of the Kubernetes Job. */
  readonly name: string;
  /** Of the batch Job. */
  readonly job: string;
  readonly launched: boolean;
  readonly recorded: boolean;
  readonly scheduled: boolean;
  /** Launched for a controller to record: only of these it tells the end. */
  readonly mine: boolean;
  readonly concluded: boolean;
  /** KEDA has made it for a queue: it is no run of a batch Job. */
  readonly queue: boolean;
  readonly ended: boolean;
}

export function observeJob(object: Job): ObservedJob | undefined {
  const { uid = "", name, labels: own = {}, annotations: notes = {} } = object.metadata;
  const job = own[labels.job];
  if (job === undefined) return undefined;
  return {
    ...{ uid, name, job },
    launched: isLaunched(object),
    recorded: isRecorded(object),
    scheduled: own[labels.scheduled] === "true",
    mine: object.spec.template?.metadata?.annotations?.[annotations.recordedBy] === "controller",
    concluded: notes[concluded] !== undefined,
    queue: own[labels.queue] === "true",
    ended: finished(object) !== undefined,
  };
}

/** How long a client has to read what a submission came to, in milliseconds. */
const kept = 10 * 60_000;

/** One thing to do. There is never more than one of a key at a time. */
export type Task = { readonly key: string } & (
  | { readonly kind: "serve"; readonly submission: Submission }
  /** Of a submission that has an outcome: tells those who are to be told. */
  | { readonly kind: "conclude"; readonly submission: Submission }
  | { readonly kind: "forget"; readonly submission: Submission }
  /** Records a Job that nobody has submitted: a schedule's, or one that was launched before there was a controller. */
  | { readonly kind: "record"; readonly job: string }
  | { readonly kind: "conclude run"; readonly run: ObservedJob }
  /** Records the runs of a queue that have ended. */
  | { readonly kind: "record queue"; readonly queue: string }
);

/** @param now milliseconds since 1970 */
export function tasksOf(submissions: Iterable<Submission>, jobs: Iterable<ObservedJob>, now: number): Task[] {
  const tasks: Task[] = [];
  const served = new Set<string>();
  for (const submission of submissions) {
    const { uid = "" } = submission.object.metadata;
    if (isOpen(submission)) {
      served.add(submission.job);
      tasks.push({ kind: "serve", key: uid, submission });
    } else if (submission.outcome && submission.concludedAt === undefined) tasks.push({ kind: "conclude", key: uid, submission });
    else if (now - Date.parse(submission.concludedAt ?? submission.request.submittedAt) > kept)
      tasks.push({ kind: "forget", key: uid, submission });
  }
  const unrecorded = new Set<string>();
  const queues = new Set<string>();
  for (const run of jobs) {
    if (run.queue && run.ended && !run.recorded) queues.add(run.job);
    if (run.queue || !run.launched) continue;
    if (!run.recorded) unrecorded.add(run.job);
    else if (run.scheduled && run.mine && !run.concluded) tasks.push({ kind: "conclude run", key: run.uid, run });
  }
  for (const job of unrecorded) if (!served.has(job)) tasks.push({ kind: "record", key: `record ${job}`, job });
  for (const queue of queues) tasks.push({ kind: "record queue", key: `queue ${queue}`, queue });
  return tasks;
}
