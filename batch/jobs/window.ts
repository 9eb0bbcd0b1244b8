/**
 * How many pods a Job keeps in the cluster at a time: the `parallelism` of its spec. Pure.
 *
 * What the user allows is in an annotation. A Job of 10,000 tasks of which 400 can run would otherwise fill etcd with 9,600 pods that only wait. With fewer pods
 * nothing is slower: the autoscaler counts the tasks that have no pod (autoscaler/scheduling/podless.ts), and pods for all the room that there is, and some
 * more, are there.
 */
import { catalogue } from "../../common/flavors";
import { maxPods } from "../../common/reserved";
import { allocatableOf, type Amounts, type PoolFacts, tasksPerNode } from "../cost";
import { type Parameters } from "../spec";
import { type Footprint, limitOf } from "./manifest";
import { requestsOf } from "./requests";

/** Pods of a Job where nobody knows how many can run: 50 for each of the 100 nodes that the plan Free allows, which take some 40 MB of its 400 MB of etcd. */
export const defaultPods = 5_000;

/**
 * How many pods a Job keeps beyond those that can run. Kubernetes' Job controller gathers ends for a second, and a new pod takes about another until it is placed:
 * 10 % are enough for pods to wait for the room, where tasks take 20 s or more. 20 are for small pools, where several end at the same time.
 */
export const marginOf = (pods: number): number => 20 + Math.ceil(pods / 10);

/** How many pods of a Job a pool can run; undefined where it is not known. */
export interface Capacity {
  readonly nodes?: number;
  /** Of the Job, on each node. */
  readonly perNode?: number;
}

export function roomOf({ nodes, perNode }: Capacity): number {
  if (nodes === undefined) return defaultPods;
  return perNode === undefined ? Math.min(defaultPods, nodes * maxPods) : nodes * perNode;
}

export interface Demand {
  /** Most pods that the user allows at a time. */
  readonly limit: number;
  /** Tasks that have not ended. */
  readonly left: number;
  /** How many tasks start together or not at all. @default none */
  readonly minAvailable?: number;
}

/** How many pods a Job keeps. @param room how many of its pods the pool can run */
export function windowOf({ limit, left, minAvailable = 0 }: Demand, room: number): number {
  const wanted = Math.max(room + marginOf(room), minAvailable);
  return Math.max(1, Math.min(limit, left, wanted));
}

/** How many pods that ask for this fit on a node of the pool; undefined where its size is not known. */
export function podsPerNode(
  requests: Amounts,
  { allocatable, flavor = "" }: Pick<PoolFacts, "allocatable" | "flavor">,
): number | undefined {
  const known = catalogue[flavor];
  // A node tells its size once its kubelet runs.
  const size = allocatable?.cpu ? allocatable : known && allocatableOf(known);
  return size && Math.max(1, tasksPerNode(requests, size));
}

/** Where a Job is launched. */
export interface Site {
  readonly pool: PoolFacts;
  /** A batch controller records the ends of pods, and brings `parallelism` to what the nodes can run. @default false */
  readonly controlled?: boolean;
}

/**
 * The pods that a Job has from its launch on. Where no controller raises their number, they are as many as the pool could run at its maximum, so that no node
 * idles; otherwise as many as the nodes that are ordered can run.
 * @param parameters with the memory of this Job's pods
 */
export function podsAtLaunch(parameters: Parameters, tasks: number, { pool, controlled = false }: Site): number {
  const room = roomOf({ nodes: controlled ? pool.desiredNodes : pool.maxNodes, perNode: podsPerNode(requestsOf(parameters), pool) });
  return windowOf({ limit: limitOf(parameters, tasks), left: tasks, minAvailable: parameters.minAvailable }, room);
}

/** @param site undefined: nothing is known of it */
export const footprintOf = (parameters: Parameters, tasks: number, site: Site | undefined): Footprint =>
  site ? { pods: podsAtLaunch(parameters, tasks, site), controlled: site.controlled } : {};

/** The Jobs of a CronJob are made when no client is there to ask whether a controller is: they begin with as many pods as without one. */
export const scheduledFootprint = (parameters: Parameters, tasks: number, { pool, controlled }: Site): Footprint => ({
  pods: podsAtLaunch(parameters, tasks, { pool }),
  controlled,
});
