import { catalogue } from "../../common/flavors";
import { type Node, type Pod, type Pool, type Shape, type Snapshot } from "../../autoscaler/state/model";
import { emptyHistory, type History } from "../../autoscaler/state/history";
import { type Rules } from "../../autoscaler/state/rules";

/** Milliseconds since 1970 at which the test snapshots are taken. */
export const now = Date.UTC(2026, 0, 1, 12);

export const rules: Rules = {
  scaleDownDelay: 60_000,
  settle: 2_000,
  bootTimeout: 600_000,
  unreadyTimeout: 600_000,
  removalRetry: 60_000,
  namedRemoval: false,
  billing: "perSecond",
  flavors: catalogue,
};

export const namedRules: Rules = { ...rules, namedRemoval: true };

export function shape(cpu: number, rest: Partial<Shape> = {}): Shape {
  const parts = {
    requests: { cpu, memory: 100e6, pods: 1 },
    nodeSelector: { nodepool: "compute" },
    affinity: [],
    tolerations: [],
    ...rest,
  };
  return { key: JSON.stringify(parts), ...parts };
}

let serial = 0;

/** A pending pod of a Job for the compute pool that requests `cpu` millicores. */
export function pod(cpu = 1000, rest: Partial<Pod> = {}): Pod {
  const id = `batch/pod-${serial++}`;
  const job = { namespace: "batch", name: "job", uid: "job-uid" };
  return { id, shape: shape(cpu), node: undefined, isWorkload: true, schedulable: true, job, ...rest };
}

export const pods = (count: number, cpu?: number, rest?: Partial<Pod>): Pod[] => Array.from({ length: count }, () => pod(cpu, rest));

/** A Ready c2-15 node of the compute pool, 10 minutes old. */
export function node(name: string, rest: Partial<Node> = {}): Node {
  return {
    name,
    pool: "compute",
    flavor: "c2-15",
    providerId: `openstack:///${name}`,
    labels: { nodepool: "compute", "kubernetes.io/hostname": name },
    taints: [],
    allocatable: { cpu: 4000, memory: 14e9, pods: 110 },
    ready: true,
    cordoned: false,
    drainingSince: undefined,
    createdAt: now - 600_000,
    deleting: false,
    ...rest,
  };
}

/** A node that the autoscaler cordoned `ago` milliseconds before now. */
export const draining = (name: string, ago: number, rest: Partial<Node> = {}): Node =>
  node(name, {
    cordoned: true,
    drainingSince: now - ago,
    taints: [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }],
    ...rest,
  });

export function pool(rest: Partial<Pool> = {}): Pool {
  return {
    name: "compute",
    uid: "pool-uid",
    resourceVersion: "1",
    flavor: "c2-15",
    desired: 0,
    min: 0,
    max: 100,
    autoscale: false,
    labels: {},
    taints: [],
    problem: undefined,
    deleting: false,
    ...rest,
  };
}

export const snapshot = (rest: Partial<Snapshot>): Snapshot => ({ now, pods: [], nodes: [], pools: [pool()], daemons: [], ...rest });

/** A history in which the given nodes and pools have been idle for `ago` milliseconds: keys as in History.idleSince. */
export const idle = (ago: number, ...keys: string[]): History => ({
  ...emptyHistory,
  idleSince: new Map(keys.map((key) => [key, now - ago])),
});

/** Numbers from 0 to below 1 that a seed fixes (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
