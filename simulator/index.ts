import { checkConfig, type Config } from "../autoscaler/config";
import { ConfigError } from "../common/config-error";
import { catalogue } from "../common/flavors";
import { billOf, type Bill } from "./billing";
import { billedBound, latestStarts } from "./bounds/billed";
import { makespanBound } from "./bounds/makespan";
import { placedBound } from "./bounds/placed";
import { canRun } from "./bounds/weights";
import { SimulatedClock } from "./cluster/clock";
import { Cluster } from "./cluster/cluster";
import { type Model } from "./cluster/instances";
import { type PolicyName, policies } from "./policies";
import { type Sample } from "./cluster/statistics";
import { type Trace } from "./traces/trace";
import { type Task, tasksOf } from "./traces/workload";

/** A discrete-event simulation of a cluster, its node pools and what decides on their sizes: days in seconds, before anything is paid. */

/** What became of a trace under a policy. Times in seconds. */
export interface Outcome {
  readonly policy: PolicyName;
  /** False when tasks were left two days after the last one came. */
  readonly finished: boolean;
  /** From the first task's arrival to the last one's end. */
  readonly makespan: number;
  readonly bill: Bill;
  /** How long each task's last pod waited for its start, measured from the task's arrival, in order. */
  readonly waits: readonly number[];
  /** From a pod's creation to an order of nodes for it, in order; pods that needed none are not among them. */
  readonly requestTimes: readonly number[];
  readonly podsKilled: number;
  readonly peakNodes: number;
  readonly samples: readonly Sample[];
  readonly tasks: readonly Task[];
  /** By task, milliseconds since 1970. */
  readonly starts: ReadonlyMap<Task, number>;
  readonly ends: ReadonlyMap<Task, number>;
  readonly cluster: Cluster;
}

/** What no policy can do better than. */
export interface Bounds {
  /** Seconds. */
  readonly makespan: number;
  readonly hours: number;
  readonly cost: number;
  /** The least for an autoscaler that knows all arrivals and boots, but not how long tasks run, and moves no pod: see bounds/placed.ts. Only with billing by the second. */
  readonly placed?: { readonly hours: number; readonly cost: number };
}

/** A simulation that does not come to rest ends so long after its last task came, in milliseconds. */
const patience = 2 * 86_400_000;

/** The configuration of this project's autoscaler in a simulation. @param overrides keys as in its configuration file @throws {ConfigError} */
export function configOf(trace: Trace, overrides: Record<string, unknown> = {}): Config {
  // Credentials of the OVHcloud API, with which nodes are removed by name; `ovh: null` takes them away.
  const ovh = { serviceName: "simulated", kubeId: "simulated" };
  const { ovh: given = ovh, ...rest } = { ...trace.autoscaler, ...overrides };
  const offered = Object.fromEntries(trace.pools.map(({ name, extendedResources }) => [name, extendedResources]));
  return checkConfig({ extendedResources: offered, ...rest, ...(given === null ? {} : { ovh: given }) }, "autoscaler configuration");
}

/** Runs a trace under a policy. The same trace and configuration give the same outcome, whenever and wherever. @throws {ConfigError} */
export function simulate(trace: Trace, policy: PolicyName, config: Config = configOf(trace)): Outcome {
  const tasks = tasksOf(trace);
  const clock = new SimulatedClock(Date.parse(trace.start));
  const cluster = createCluster(trace, tasks, clock, config);
  policies[policy](cluster, config);
  clock.run(tasks.at(-1)!.arrival + patience, () => cluster.settled());

  const { statistics } = cluster;
  const first = tasks[0]!.arrival;
  const ends = [...statistics.ends.values()];
  const instances = [...cluster.cloud.pools.values()].flatMap((pool) => pool.instances);
  return {
    policy,
    finished: cluster.finished(),
    makespan: cluster.finished() ? (ends.reduce((a, b) => Math.max(a, b)) - first) / 1000 : Infinity,
    bill: billOf(instances, clock.now, trace),
    waits: sorted([...statistics.starts].map(([task, start]) => (start - task.arrival) / 1000)),
    requestTimes: sorted(statistics.requestTimes.map((milliseconds) => milliseconds / 1000)),
    podsKilled: statistics.killed,
    peakNodes: statistics.samples.reduce((most, { nodes }) => Math.max(most, nodes), 0),
    samples: statistics.samples,
    tasks,
    starts: statistics.starts,
    ends: statistics.ends,
    cluster,
  };
}

/** The bounds of a trace; those of the bill hold for schedules that start no task later than `reference` did, or than a boot after its arrival. */
export function boundsOf(trace: Trace, reference: Outcome): Bounds {
  const { tasks, starts, cluster } = reference;
  const models = [...cluster.models.values()];
  const latest = latestStarts(trace, tasks, starts);
  const placed = (price: (model: Model) => number): number => placedBound(trace, models, cluster.statistics.worked, tasks, starts, price);
  return {
    makespan: (makespanBound(trace, tasks, models) - tasks[0]!.arrival) / 1000,
    hours: billedBound(trace, tasks, models, latest, () => 1),
    cost: billedBound(trace, tasks, models, latest, ({ pool }) => pool.price),
    ...(trace.billing === "perSecond" && { placed: { hours: placed(() => 1), cost: placed(({ pool }) => pool.price) } }),
  };
}

function createCluster(trace: Trace, tasks: readonly Task[], clock: SimulatedClock, config: Config): Cluster {
  const flavors = { ...catalogue, ...config.flavors };
  const unknown = trace.pools.filter(({ flavor }) => !flavors[flavor]);
  if (unknown.length > 0) {
    const faults = unknown.map(
      ({ name, flavor }) => `pools ${name}: the flavor ${flavor} is not in the catalogue; give its size in autoscaler.flavors`,
    );
    throw new ConfigError(faults.join("\n"));
  }
  const cluster = new Cluster(trace, tasks, clock, flavors);
  const models = [...cluster.models.values()];
  const shapes = new Map(tasks.map(({ shape, job }) => [shape, job.name]));
  const hopeless = [...shapes].filter(([shape]) => !models.some((model) => canRun(shape, model)));
  if (hopeless.length > 0) throw new ConfigError(hopeless.map(([, job]) => `jobs ${job}: its pods fit no node of any pool`).join("\n"));
  return cluster;
}

const sorted = (values: readonly number[]): number[] => Float64Array.from(values).sort() as unknown as number[];
