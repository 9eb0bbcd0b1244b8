import { durationsOf } from "../state/times";
import { mayRunOn } from "../state/matching";
import { type Job, type Labels, type Pod, type Resources, type Shape, type Snapshot } from "../state/model";
import { type PodlessTasks } from "./podless";
import { type Source } from "./rank";
import { namespaceOf, type Topology } from "./topology";
import { located } from "../state/volumes";

/** Pending pods that may be placed one for the other. Tasks without pods are among them: the same object for each of a Job. */
export interface Group {
  readonly shape: Shape;
  readonly namespace: string;
  readonly labels: Labels;
  readonly pods: readonly Pod[];
  /** How long one of them likely runs, in milliseconds. */
  readonly duration: number | undefined;
}

/** Groups that are placed together or not at all. */
export interface Unit {
  readonly groups: readonly Group[];
  /** How many pods have to find a place, or none gets one. */
  readonly atLeast: number;
}

/** A pod that waits for a node, with its shape as far as its volumes decide it too. */
export interface PendingPod {
  readonly pod: Pod;
  readonly shape: Shape;
  /** How many tasks it stands for, where it is no pod. @default 1 */
  readonly tasks?: number;
}

/** DaemonSets' pods are no reason for a node: each is made for one that exists. @param podless tasks that count as pending, after the pods */
export function pendingPods({ pods, storage }: Snapshot, podless: readonly PodlessTasks[] = []): PendingPod[] {
  const shapeOf = located(storage);
  const waiting = pods.flatMap((pod): PendingPod[] => {
    const shape = pod.node === undefined && pod.isWorkload && pod.schedulable ? shapeOf(pod) : undefined;
    return shape ? [{ pod, shape }] : [];
  });
  for (const { pod, tasks } of podless) {
    const shape = shapeOf(pod);
    if (shape) waiting.push({ pod, shape, tasks });
  }
  return waiting;
}

const noLabels: Labels = {};

/** Puts the pending pods into groups, so that the time of a decision grows with the kinds of pods and hardly with their number. */
export function unitsOf(snapshot: Snapshot, pending: readonly PendingPod[], topology: Topology): Unit[] {
  const jobs = new Map((snapshot.jobs ?? []).map((job) => [job.uid, job]));
  const idOf = shapeIds();
  const durationOf = durationsOf(snapshot);
  const groups = new Map<string, { group: Group & { pods: Pod[] }; gang: Pod | undefined }>();
  for (const { pod, shape, tasks = 1 } of pending) {
    const labels = pod.labels ?? noLabels;
    const namespace = namespaceOf(pod);
    const duration = durationOf(pod);
    const own = pod.gang === undefined ? duration : pod.job?.uid;
    const key = `${idOf(shape)} ${own} ${topology.signature(labels, namespace)}`;
    const known = groups.get(key);
    if (known) for (let i = 0; i < tasks; i++) known.group.pods.push(pod);
    else {
      const group = { shape, namespace, labels, pods: Array<Pod>(tasks).fill(pod), duration };
      groups.set(key, { group, gang: pod.gang !== undefined && pod.job ? pod : undefined });
    }
  }
  const bound = boundPods(snapshot.pods);
  const gangs = new Map<string, Group[]>();
  const units: Unit[] = [];
  for (const { group, gang } of groups.values()) {
    const uid = gang?.job?.uid;
    const known = uid === undefined ? undefined : gangs.get(uid);
    if (known) {
      known.push(group);
      continue;
    }
    const members = [group];
    if (uid !== undefined) gangs.set(uid, members);
    units.push({ groups: members, atLeast: gang ? gangSize(gang, jobs) - (bound().get(uid ?? "") ?? 0) : 0 });
  }
  return units;
}

/** Numbers equal shapes alike. Shapes that are one object are known without a look at their long keys. */
function shapeIds(): (shape: Shape) => number {
  const byKey = new Map<string, number>();
  const byObject = new Map<Shape, number>();
  return (shape) => {
    let id = byObject.get(shape);
    if (id !== undefined) return id;
    id = byKey.get(shape.key) ?? byKey.size;
    byKey.set(shape.key, id);
    byObject.set(shape, id);
    return id;
  };
}

/** How many pods of its Job have to run for a member of a gang to be of use: at the Job's end fewer are left than it asked for at the start. */
export function gangSize({ gang = 0, job }: Pod, jobs: ReadonlyMap<string, Job>): number {
  return Math.min(gang, jobs.get(job?.uid ?? "")?.left ?? gang);
}

/** How many pods that work each Job has on nodes; counted when it is first asked for. */
function boundPods(pods: readonly Pod[]): () => ReadonlyMap<string, number> {
  let counts: Map<string, number> | undefined;
  return () => {
    if (counts) return counts;
    counts = new Map<string, number>();
    for (const { node, schedulable, job } of pods)
      if (node !== undefined && schedulable && job) counts.set(job.uid, (counts.get(job.uid) ?? 0) + 1);
    return counts;
  };
}

/** Those first that fewer pools can hold, and of these the ones that take the biggest share of a node. */
export function inOrder(units: readonly Unit[], sources: readonly Source[], reference: Resources): Unit[] {
  const rank = ({ groups }: Unit) => {
    const shares = groups.flatMap(({ shape }) =>
      Object.entries(shape.requests).map(([name, amount]) => amount / Math.max(1, reference[name] ?? 0)),
    );
    const choices = groups.map(({ shape }) => sources.filter(({ place }) => mayRunOn(shape, place)).length);
    return { choices: Math.min(...choices), share: Math.max(0, ...shares), key: groups[0]?.shape.key ?? "" };
  };
  return units
    .map((unit) => ({ unit, ...rank(unit) }))
    .sort((a, b) => a.choices - b.choices || b.share - a.share || (a.key < b.key ? -1 : 1))
    .map(({ unit }) => unit);
}
