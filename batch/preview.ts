/** What a call of run() would do, and what it would cost. Changes nothing. */
import { type Cluster } from "./cluster";
import { estimate, type Estimate, gpuResource, type Workload } from "./cost";
import { diskOf } from "./manifest/pod";
import { type Parameters } from "./parameters";
import { groupByMemory, makePlan, type Plan } from "./plan";
import { parseQuantity } from "./quantity";
import { Records, type RecordedRow } from "./records";
import { describePlan } from "./result";
import { plural } from "../common/text";
import { createPool } from "./session";
import { type Store } from "./store";
import { listTasks } from "./tasks";

export interface Preview {
  readonly plan: Plan;
  /** How many tasks there are, those included that need not run. */
  readonly total: number;
  /** Undefined when nothing runs, or when it is not known how long a task takes or what a node is. */
  readonly estimate?: Estimate;
  /** Why there is no estimate, or no price in it. */
  readonly note?: string;
}

/** @param cluster tells the pool's flavor; without one there is no estimate @param now the tasks are taken to start then */
export async function preview(
  parameters: Parameters,
  { store, cluster }: { readonly store: Store; readonly cluster?: Cluster },
  now = new Date(),
): Promise<Preview> {
  const tasks = await listTasks(parameters, store);
  const records = await Records.load(
    store,
    parameters.resultsPrefix,
    tasks.map(({ fingerprint }) => fingerprint),
  );
  const plan = makePlan(tasks, records, parameters);
  const found = plan.run.length > 0 && cluster ? await estimateOf(plan, records, parameters, cluster, now) : undefined;
  return { plan, total: tasks.length, ...found };
}

async function estimateOf(
  plan: Plan,
  records: Records,
  parameters: Parameters,
  cluster: Cluster,
  now: Date,
): Promise<Pick<Preview, "estimate" | "note">> {
  const duration = durationOf(records.last, parameters.taskSeconds);
  if (!duration) return { note: "no estimate: it is not known how long a task takes; set taskSeconds" };
  const { flavor, allocatable, maxNodes, price, unpriced } = await createPool(cluster, parameters).priced();
  if (flavor === undefined || !allocatable) return { note: `no estimate: ${unpriced ?? "nothing is known of the pool's nodes"}` };
  const { cpu, gpu, parallelism } = parameters;
  const groups = [...groupByMemory(plan.run)].map(([memory, { length: tasks }]) => ({
    tasks,
    requests: {
      cpu: parseQuantity(cpu)!,
      memory: parseQuantity(memory)!,
      "ephemeral-storage": parseQuantity(diskOf(parameters))!,
      [gpuResource]: gpu,
    },
  }));
  const found = estimate({ groups, parallelism, ...duration }, { flavor, allocatable, maxNodes, price }, now);
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
export function describePreview({ plan, total, estimate, note }: Preview): string {
  const told = [describePlan(plan, total), estimate && describeEstimate(estimate), note];
  return told.filter((part) => part !== undefined).join("; ");
}

export function describeEstimate({ nodeHours, flavor, nodes, seconds, amount, currency }: Estimate): string {
  const price = amount === undefined ? "" : `, ${amount.toFixed(2)}${currency === undefined ? "" : ` ${currency}`}`;
  return `about ${plural(nodeHours, "node-hour")} on ${flavor} (${plural(nodes, "node")} for ${duration(seconds)})${price}`;
}

/** e.g. "45 s", "20 min" or "3.5 h" */
function duration(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${Math.round(seconds / 360) / 10} h`;
}
