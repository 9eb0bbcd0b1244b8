import { configSchema, rulesOf } from "../../autoscaler/config";
import { decide } from "../../autoscaler/decision/decide";
import { type Node, type Pod, type Pool, type Shape, type Snapshot } from "../../autoscaler/state/model";
import { emptyHistory } from "../../autoscaler/state/history";
import { type Storage } from "../../autoscaler/state/storage";
import { type Figure, median } from "../harness/result";

const nodeCount = 500;
const shapeCount = 50;
const jobCount = 100;
const flavors = ["c2-15", "b3-16", "b3-32"];
const zoneLabel = "topology.kubernetes.io/zone";
const zones = ["eu-west-par-a", "eu-west-par-b", "eu-west-par-c"];
/** Every so many pods, one has a volume that is tied to a zone. */
const withVolume = 10;
const warmUp = 60;
const rounds = 300;

const now = Date.UTC(2026, 0, 5, 8, 20);

function shape(i: number): Shape {
  const nodeSelector: Record<string, string> = i % 5 === 0 ? { nodepool: `pool-${i % flavors.length}` } : {};
  const parts = {
    requests: { cpu: 250 + (i % 10) * 330, memory: (1 + (i % 7)) * 1e9, pods: 1 },
    nodeSelector,
    affinity: [],
    tolerations: [],
  };
  return { key: JSON.stringify(parts), ...parts };
}

function pod(i: number, shapes: readonly Shape[], node?: string): Pod {
  const job = { namespace: "batch", name: `job-${i % jobCount}`, uid: `job-${i % jobCount}` };
  const times = { createdAt: now - 1000, startedAt: node === undefined ? undefined : now - 300_000 };
  const claims = i % withVolume === 0 ? { claims: [`batch/data-${i}`] } : {};
  return { id: `batch/pod-${i}`, shape: shapes[i % shapeCount]!, node, isWorkload: true, schedulable: true, job, ...times, ...claims };
}

/** The volumes of the pods, in all zones in turn. */
function storageOf(pods: number): Storage {
  const numbers = Array.from({ length: Math.ceil(pods / withVolume) }, (_, n) => n * withVolume);
  return {
    claims: numbers.map((i) => ({ id: `batch/data-${i}`, volume: `pv-${i}` })),
    volumes: numbers.map((i) => ({
      name: `pv-${i}`,
      affinity: [{ matchExpressions: [{ key: zoneLabel, operator: "In", values: [zones[(i / withVolume) % zones.length]!] }] }],
    })),
    classes: [],
  };
}

function node(i: number): Node {
  const pool = i % flavors.length;
  const name = `pool-${pool}-node-${i}`;
  return {
    name,
    pool: `pool-${pool}`,
    flavor: flavors[pool],
    providerId: `openstack:///${name}`,
    labels: {
      nodepool: `pool-${pool}`,
      "kubernetes.io/hostname": name,
      "node.kubernetes.io/instance-type": flavors[pool]!,
      [zoneLabel]: zones[pool]!,
    },
    taints: [],
    allocatable: { cpu: 3830, memory: 13.4e9, pods: 110 },
    ready: true,
    cordoned: false,
    drainingSince: undefined,
    createdAt: now - 3_600_000,
    deleting: false,
  };
}

/** A busy cluster of 500 nodes where `pending` pods of 50 shapes and 100 Jobs wait, and pools may grow. */
function snapshotOf(pending: number): Snapshot {
  const shapes = Array.from({ length: shapeCount }, (_, i) => shape(i));
  const nodes = Array.from({ length: nodeCount }, (_, i) => node(i));
  const bound = nodes.flatMap(({ name }, i) => [pod(1e6 + 2 * i, shapes, name), pod(1e6 + 2 * i + 1, shapes, name)]);
  const pools = flavors.map((flavor, i): Pool => {
    const members = nodes.filter(({ pool }) => pool === `pool-${i}`).length;
    return {
      name: `pool-${i}`,
      uid: `pool-${i}`,
      resourceVersion: "1",
      flavor,
      desired: members,
      min: 0,
      max: 999,
      autoscale: false,
      labels: {},
      taints: [],
      zones: [zones[i]!],
      problem: undefined,
      granted: members,
      deleting: false,
    };
  });
  const jobs = Array.from({ length: jobCount }, (_, i) => ({
    uid: `job-${i}`,
    left: 200,
    durations: { count: 50, mean: 900_000, deviation: 200_000 },
  }));
  const pods = [...Array.from({ length: pending }, (_, i) => pod(i, shapes)), ...bound];
  return { now, pods, nodes, pools, daemons: [], jobs, storage: storageOf(pending) };
}

/** Milliseconds of each of many decisions, after a warm-up. */
function time(snapshots: readonly Snapshot[]): number[][] {
  const rules = rulesOf(configSchema.parse({}));
  const times: number[][] = snapshots.map(() => []);
  for (let round = 0; round < warmUp + rounds; round++) {
    // In turns, so that all see the same machine.
    for (const [i, snapshot] of snapshots.entries()) {
      const fresh = { ...snapshot, now: now + round, pods: [...snapshot.pods], nodes: [...snapshot.nodes] };
      const start = performance.now();
      const { actions } = decide(fresh, emptyHistory, rules);
      const took = performance.now() - start;
      if (!actions.some(({ type }) => type === "resize")) throw new Error("the decision orders no node: nothing was measured");
      if (round >= warmUp) times[i]!.push(took);
    }
  }
  return times;
}

export function timeDecisions(): Figure[] {
  const [small, large] = time([snapshotOf(1_000), snapshotOf(10_000)]) as [number[], number[]];
  const p99 = [...large].sort((a, b) => a - b)[Math.floor(large.length * 0.99)]!;
  const against =
    "itself: 500 nodes, pods of 50 shapes and 100 Jobs that wait, one in ten with a volume in a zone, three pools in three zones";
  return [
    { name: "decide-p99-ms", value: p99, unit: "ms", comparator: "<=", goal: 100, against: `${against}; 10,000 pods` },
    {
      name: "decide-growth-1000-to-10000",
      value: median(large) / median(small),
      unit: "ratio",
      comparator: "<=",
      goal: 10.5,
      against: `${against}; medians`,
    },
  ];
}
