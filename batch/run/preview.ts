/** What a call of run() would do, and what it would cost. Changes nothing. */
import { type Cluster, type Job } from "../../kubernetes/cluster";
import { billingOf, estimate, type Estimate, type Workload } from "../cost";
import { describeMoved } from "../jobs/image-digest";
import { findJobs, type Run } from "../jobs/launch";
import { changesOf, type Effect, effectOf, imageOf } from "../jobs/manifest/launched-with";
import { requestsOf } from "../jobs/requests";
import { type Parameters } from "../spec";
import { groupByMemory, makePlan, type Plan } from "../records/plan";
import { Records, type RecordedRow } from "../records";
import { describePlan } from "./result";
import { duration, money, nodeHours, noun, plural, verb } from "../../common/text";
import { createPool } from "./session";
import { countRunning, type JobState, jobStateOf, isStale } from "./settle";
import { type Store } from "../storage/store";
import { listTasks, type Task } from "../spec/tasks";

export interface Preview {
  readonly plan: Plan;
  /** How many tasks there are, those included that need not run. */
  readonly total: number;
  /** How many run already, or have ended while nobody watched: the next run adopts them. */
  readonly atWork: number;
  /** What runs and is not wanted any more, and what becomes of it; undefined when nothing does. */
  readonly unwanted?: { readonly running: number; readonly onChange: Parameters["onChange"] };
  /** Jobs at work that were launched with other parameters, and what becomes of the changes; undefined when there are none. */
  readonly changed?: readonly ChangedJob[];
  /** That the image's tag names another image than the one that tasks have run, or that this is not known; undefined when it is the same. */
  readonly moved?: string;
  /** Of the tasks to run and those at work. Undefined when there are none, or when it is not known how long a task takes or what a node is. */
  readonly estimate?: Estimate;
  /** Why there is no estimate, or no price in it. */
  readonly note?: string;
}

export interface ChangedJob {
  /** Name of the Kubernetes Job. */
  readonly job: string;
  /** e.g. `memory: "1Gi" → "2Gi"` */
  readonly changes: readonly string[];
  readonly effect: Effect;
}

export interface PreviewContext {
  readonly store: Store;
  /** Tells the pool's flavor; without one there is no estimate. */
  readonly cluster?: Cluster;
  readonly say?: (text: string) => void;
  /** Where the user says how long a task takes. @default taskSeconds */
  readonly durationSetting?: string;
  /** Whether the image's registry is asked for {@link Preview.moved}, which may take some seconds. @default true, but for a schedule, which runs done tasks, too */
  readonly asksRegistry?: boolean;
}

/** @param now the tasks are taken to start then */
export async function preview(
  parameters: Parameters,
  { store, cluster, say, durationSetting = "taskSeconds", asksRegistry = parameters.schedule === undefined }: PreviewContext,
  now = new Date(),
): Promise<Preview> {
  const tasks = await listTasks(parameters, store);
  const records = await Records.load(
    store,
    parameters.resultsPrefix,
    tasks.map(({ fingerprint }) => fingerprint),
    say,
  );
  const ahead = makePlan(tasks, records, parameters);
  if (!cluster) return { plan: ahead, total: tasks.length, atWork: 0 };
  const done = asksRegistry && tasks.some(({ fingerprint }) => records.row(fingerprint)?.status === "succeeded");
  const [{ busy, ...atWork }, moved, found] = await Promise.all([
    findJobsAtWork(cluster, parameters, tasks),
    done ? describeMoved(cluster, parameters, records.image) : undefined,
    ahead.run.length > 0 ? estimateOf(ahead, records, parameters, { cluster, durationSetting, now }) : {},
  ]);
  const plan =
    busy.size > 0
      ? makePlan(
          tasks.filter(({ fingerprint }) => !busy.has(fingerprint)),
          records,
          parameters,
        )
      : ahead;
  return {
    plan,
    total: tasks.length,
    atWork: ahead.run.length - plan.run.length,
    ...atWork,
    ...(moved !== undefined && { moved }),
    ...found,
  };
}

/**
 * Fingerprints of the tasks of Jobs that the next run would adopt, and what runs that it would not. A cluster that does not answer, or does not exist yet, has
 * none.
 */
async function findJobsAtWork(
  cluster: Cluster,
  parameters: Parameters,
  tasks: readonly Task[],
): Promise<{ readonly busy: ReadonlySet<string> } & Pick<Preview, "unwanted" | "changed">> {
  const { namespace, name, onChange } = parameters;
  try {
    const jobs = await findJobs(cluster, namespace, name);
    const wanted = new Set(tasks.map(({ fingerprint }) => fingerprint));
    const before = new Set(jobs.map(({ job }) => job.metadata.uid ?? ""));
    const having = (...fates: JobState[]) =>
      jobs.filter((job) => fates.includes(jobStateOf(job, { wanted, before }))).map(({ job, tasks = [] }): Run => ({ job, tasks }));
    const busy = new Set(having("goes on", "ended").flatMap(({ tasks }) => tasks.map(({ fingerprint }) => fingerprint)));
    const counted = async (run: Run) => ({ job: run.job, running: await countRunning(cluster, parameters, [run]) });
    const changed: ChangedJob[] = [];
    const tell = (job: Job, changes: readonly string[], effect: Effect) => changed.push({ job: job.metadata.name, changes, effect });
    for (const run of having("goes on")) {
      const changes = changesOf(run.job, parameters);
      const texts = changes.map(({ text }) => text);
      if (changes.length > 0) tell(run.job, texts, effectOf(changes, (await counted(run)).running));
    }
    const unwanted = await Promise.all(having("unwanted").map(counted));
    const stale = unwanted.filter(({ job, running }) => isStale(job, running, parameters));
    for (const { job } of stale) tell(job, [`image: ${imageOf(job)} → ${parameters.image}`], "anew");
    const running = unwanted.reduce((sum, { running }) => sum + running, 0);
    return {
      busy,
      ...(unwanted.length > stale.length && { unwanted: { running, onChange } }),
      ...(changed.length > 0 && { changed }),
    };
  } catch {
    return { busy: new Set() };
  }
}

async function estimateOf(
  plan: Plan,
  records: Records,
  parameters: Parameters,
  { cluster, durationSetting, now }: { readonly cluster: Cluster; readonly durationSetting: string; readonly now: Date },
): Promise<Pick<Preview, "estimate" | "note">> {
  const usual = durationOf(records.last, parameters.taskSeconds);
  if (!usual) return { note: `no estimate: it is not known how long a task takes; set ${durationSetting}` };
  const { flavor, allocatable, maxNodes, price, unpriced } = await createPool(cluster, parameters).priced();
  if (flavor === undefined || !allocatable) return { note: `no estimate: ${unpriced ?? "nothing is known of the pool's nodes"}` };
  const { parallelism, prices } = parameters;
  const groups = [...groupByMemory(plan.run)].map(([memory, { length: tasks }]) => ({ tasks, requests: requestsOf(parameters, memory) }));
  const found = estimate({ groups, parallelism, ...usual }, { flavor, allocatable, maxNodes, price, billing: billingOf(prices) }, now);
  if (!found) return { note: `no estimate: a task fits on no node of the pool '${parameters.pool}'` };
  return { estimate: found, ...(unpriced !== undefined && { note: `no price: ${unpriced}` }) };
}

/** How long tasks that succeeded took the last time, else what the user expects. */
function durationOf(rows: readonly RecordedRow[], expected: number | undefined): Pick<Workload, "mean" | "longest" | "basis"> | undefined {
  let [count, sum, longest] = [0, 0, 0];
  for (const { status, start, end } of rows) {
    if (status !== "succeeded" || start === undefined || end === undefined) continue;
    const seconds = (Date.parse(end) - Date.parse(start)) / 1000;
    count++;
    sum += seconds;
    longest = Math.max(longest, seconds);
  }
  if (count > 0) return { mean: sum / count, longest, basis: "history" };
  return expected === undefined ? undefined : { mean: expected, longest: expected, basis: "taskSeconds" };
}

/** e.g. "200 tasks: 3 to run (2 new, 1 changed), 197 done before; about 1 node-hour on c2-15 (1 node for 20 min), 0.19 EUR" */
export function describePreview({ plan, total, atWork, unwanted, changed = [], moved, estimate, note }: Preview): string {
  const told = [
    describePlan(plan, total, atWork),
    unwanted && describeUnwanted(unwanted),
    ...changed.map(describeChanged),
    moved,
    estimate && describeEstimate(estimate),
    note,
  ];
  return told.filter((part) => part !== undefined).join("; ");
}

/** e.g. "2 running tasks that are not wanted any more will be cancelled" */
function describeUnwanted({ running, onChange }: NonNullable<Preview["unwanted"]>): string {
  const what =
    running > 0
      ? `${plural(running, "running task")} that ${verb(running, "are")} not wanted any more`
      : "a Job at work whose tasks are not wanted any more";
  return onChange === "cancel"
    ? `${what} will be cancelled`
    : `${what} will be waited for first (onChange: cancel would cancel ${noun(running || 1, "it", "them")})`;
}

const effects: Readonly<Record<Effect, string>> = {
  "in place": "goes on with changed parameters",
  anew: "will be made anew with changed parameters, as nothing of it runs",
  later: "goes on with the parameters that it was launched with while it runs, and the next call applies the changes",
};

/** e.g. `Job fit-1a2b3c4d5e goes on with changed parameters (parallelism: 4 → 8)` */
const describeChanged = ({ job, changes, effect }: ChangedJob): string => `Job ${job} ${effects[effect]} (${changes.join(", ")})`;

export function describeEstimate({ nodeHours: hours, flavor, nodes, seconds, amount, currency }: Estimate): string {
  const price = amount === undefined ? "" : `, ${money(amount, currency)}`;
  return `about ${nodeHours(hours)} on ${flavor} (${plural(nodes, "node")} for ${duration(seconds)})${price}`;
}
