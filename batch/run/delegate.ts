/**
 * Leaves a run to the batch controller, where one serves the namespace: it launches, records and goes on when this process is gone. What is left here is to
 * check, to submit and to watch.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { poll } from "../../common/poll";
import { BatchError } from "../../common/errors";
import { findJobs, isLaunched, isRecorded, jobUids } from "../jobs/launch";
import { preflight } from "../jobs/preflight";
import { controllerRuns, getSubmission, openSubmissions, type Outcome, type Submission, submit, withdraw } from "../jobs/submission";
import { bytesOf, groupByMemory, makePlan } from "../records/plan";
import { saveJob } from "../records/registry";
import { type Parameters } from "../spec";
import { followRuns, type WatchOptions } from "../watch/watch";
import { sayMoved } from "./moved";
import { orderFaults } from "./order";
import { describePlan, type Result } from "./result";
import { openSession, type RunContext, type Session } from "./session";

/** How long a controller may take to see a submission, in milliseconds. */
const acceptance = 30_000;

/** Between two looks at a submission, in milliseconds. */
const pause = 1_000;

/** How long a controller may be away while it is waited for, e.g. while an update replaces its pod, in milliseconds. */
const absence = 120_000;

type Context = RunContext & Pick<WatchOptions, "onPod">;

/**
 * Returns undefined when there is nothing to launch or to wait for, or no controller takes it: then the caller runs it itself.
 * @throws {BatchError} when the tasks can never start, or somebody cancels them
 */
export async function delegate(own: Parameters, context: Context): Promise<Result | undefined> {
  const { cluster, store, say, once, submittedBy = "pulumi", owner } = context;
  const parameters = { ...own, ...once };
  const { namespace, name, wait } = parameters;
  if (!(await controllerRuns(cluster, namespace))) return undefined;
  const faults = await orderFaults(parameters, store);
  if (faults.length > 0) throw new BatchError(faults.join("\n"));
  const before = await jobUids(cluster, parameters);
  const session = await openSession(parameters, context);
  const { tasks, records } = session;
  const found = await findJobs(cluster, namespace, name);
  const atWork = found.filter(({ job }) => isLaunched(job) && !isRecorded(job));
  const busy = new Set(atWork.flatMap(({ tasks = [] }) => tasks.map(({ fingerprint }) => fingerprint)));
  const open = tasks.filter(({ fingerprint }) => !busy.has(fingerprint));
  const plan = makePlan(open, records, parameters);
  if (plan.run.length === 0 && atWork.length === 0) return undefined;
  if (plan.run.length > 0) await preflight(cluster, parameters, [...groupByMemory(plan.run).keys()], session.pool);

  await sayMoved(parameters, session, context);
  await saveJob(store, own, submittedBy, owner);
  const submission = await submit(context, parameters, { before: [...before], submittedBy, owner });
  const refusal = await acceptanceOf(submission, context);
  if (refusal !== undefined) {
    await withdraw(cluster, store, submission);
    say(`the batch controller does not take it (${refusal}): running it from here`);
    return undefined;
  }
  say(describePlan(plan, tasks.length, busy.size));
  session.attempt(new Map(plan.run.map(({ fingerprint, memory }) => [fingerprint, bytesOf(memory)])));
  session.attempt(new Map([...busy].map((fingerprint) => [fingerprint, 0])));
  const pending = new Set([...busy, ...plan.run.map(({ fingerprint }) => fingerprint)]);
  if (wait === "none") return session.result({ atWork: pending });

  const state = () => stateOf(submission, context);
  const outcome = await follow({ ...context, parameters, session, state, total: pending.size, until: wait });
  if (outcome === "away") {
    say("the batch controller is away: going on from here");
    await withdraw(cluster, store, submission);
    return undefined;
  }
  await records.refresh(tasks.map(({ fingerprint }) => fingerprint));
  if (outcome === "started") return session.result({ atWork: new Set([...pending].filter((one) => !records.row(one))) });
  if (outcome.error !== undefined) throw new BatchError(outcome.error);
  return session.result({ reason: outcome.reason });
}

/**
 * Watches what the controller works on of a batch Job, and records nothing.
 * @returns undefined when no controller serves the namespace, or it has gone away meanwhile: then the caller records
 */
export async function watchDelegated(parameters: Parameters, context: Context): Promise<Result | undefined> {
  const { cluster } = context;
  if (!(await controllerRuns(cluster, parameters.namespace))) return undefined;
  const session = await openSession(parameters, context);
  const attempted = new Set<string>();
  const state = async (): Promise<State> => {
    const [submissions, jobs] = await Promise.all([openSubmissions(cluster, parameters), unrecorded(parameters, context)]);
    for (const { tasks = [] } of jobs) for (const { fingerprint } of tasks) attempted.add(fingerprint);
    return { note: submissions[0]?.note, ...(submissions.length === 0 && jobs.length === 0 && { outcome: { status: "complete" } }) };
  };
  const outcome = await follow({ ...context, parameters, session, state, total: session.tasks.length, until: "complete" });
  if (outcome === "away") return undefined;
  session.attempt(new Map([...attempted].map((fingerprint) => [fingerprint, 0])));
  await session.records.refresh(session.tasks.map(({ fingerprint }) => fingerprint));
  return session.result({});
}

async function unrecorded({ namespace, name }: Parameters, { cluster }: Context) {
  return (await findJobs(cluster, namespace, name)).filter(({ job }) => isLaunched(job) && !isRecorded(job));
}

/** Returns why no controller takes a submission; undefined when one does. */
async function acceptanceOf(submission: Submission, { cluster }: Context): Promise<string | undefined> {
  const look = async (): Promise<{ readonly refused?: string } | undefined> => {
    const { acceptedBy, refused, outcome } = (await getSubmission(cluster, submission)) ?? {};
    if (refused !== undefined) return { refused };
    return acceptedBy !== undefined || outcome ? {} : undefined;
  };
  const overdue = () => ({ refused: `no answer within ${acceptance / 1000} s` });
  return (await poll(look, { timeout: acceptance, pause: 200, overdue })).refused;
}

interface State {
  readonly note?: string;
  readonly outcome?: Outcome;
}

async function stateOf(submission: Submission, { cluster }: Context): Promise<State> {
  const { name } = submission.object.metadata;
  const found = await getSubmission(cluster, submission);
  return found ?? { outcome: { error: `somebody has cancelled it, or deleted its ConfigMap ${name}` } };
}

interface Followed extends Context {
  readonly parameters: Parameters;
  readonly session: Session;
  readonly state: () => Promise<State>;
  /** How many tasks there are, to be told before any is launched. */
  readonly total: number;
  readonly until: "complete" | "started";
}

/** Shows the progress of a batch Job until there is an outcome. */
async function follow({ parameters, state, total, until, ...context }: Followed): Promise<Outcome | "started" | "away"> {
  const { cluster, say, onProgress, onPod } = context;
  const stop = new AbortController();
  const followed = new Set<string | undefined>();
  let [working, started, seenAt] = [false, false, Date.now()];
  let fault: { readonly error: unknown } | undefined;
  let said: string | undefined;
  try {
    for (;;) {
      const { note, outcome } = await state();
      if (note !== undefined && note !== said) say((said = note));
      if (outcome) return outcome;
      if (fault) throw fault.error;
      if (started) return "started";
      if (await controllerRuns(cluster, parameters.namespace)) seenAt = Date.now();
      else if (Date.now() - seenAt > absence) return "away";
      if (!working) {
        const found = (await unrecorded(parameters, context)).filter(({ job }) => !followed.has(job.metadata.uid));
        const runs = found.map(({ job, tasks = [] }) => ({ job, tasks }));
        for (const { job } of runs) followed.add(job.metadata.uid);
        if (runs.length === 0)
          onProgress({ total, succeeded: 0, failed: 0, running: 0, waiting: [] }, note ?? "waiting for the batch controller");
        else {
          working = true;
          void followRuns(runs, { cluster, parameters, onProgress, onPod, until, signal: stop.signal })
            .then((over) => (started = until === "started" && over))
            .catch((error: unknown) => (fault = { error }))
            .finally(() => (working = false));
        }
      }
      await sleep(pause);
    }
  } finally {
    stop.abort();
  }
}
