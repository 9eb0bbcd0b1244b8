import { plural, verb } from "../../common/text";
import { gangSize } from "../scheduling/demand";
import { type PoolView } from "../fleet/fleet";
import { type Backoff } from "../state/history";
import { type JobRef, type Pod, type PodRef, type Snapshot } from "../state/model";
import { type Action, type ReportCode } from "../state/action";
import { type Placement } from "../scheduling/placement";
import { gangAnnotation } from "../state/read-pods";
import { type CompleteRules } from "../state/rules";

/** More nodes are not named. */
const mostNamed = 5;

/** What users have to know about a pool. */
export function reports(
  { pool, nodes, inFlight }: PoolView,
  placement: Placement,
  backoff: Backoff | undefined,
  { maxNodes }: CompleteRules,
  now: number,
): Action[] {
  const { name } = pool;
  const report = (code: ReportCode, reason: string, pods: readonly Pod[]): Action[] => [
    { type: "report", code, pool, reason, ...aboutOf(pods) },
  ];
  const limited = placement.limited.get(name) ?? [];
  if (pool.autoscale)
    return report("StandingBy", `OVHcloud's own autoscaler is on for the pool ${name} (autoscale: true); it is left alone`, limited);
  const concerned = [...limited, ...(placement.diverted.get(name) ?? [])];
  if (pool.problem !== undefined && inFlight > 0) {
    const reason = `OVHcloud has given the pool ${name} ${nodes.length} of ${plural(pool.desired, "node")}: ${pool.problem}`;
    return report("PoolBlocked", reason, concerned);
  }
  if (concerned.length === 0) return [];
  if (backoff && pool.desired < pool.max) {
    const again = backoff.until > now ? `; it is asked again at ${new Date(backoff.until).toISOString()}` : "";
    return report(
      "PoolBlocked",
      `OVHcloud has refused the pool ${name} ${plural(backoff.refused, "node")}: ${backoff.reason}${again}`,
      concerned,
    );
  }
  if (limited.length === 0) return [];
  // Of a Job that starts with all of its pods or none, neither may be reached: the one that is nearer is what stops it.
  const leftOfPool = pool.max - Math.max(pool.desired, nodes.length) - (placement.added.get(name) ?? 0);
  const leftOfPlan = [...placement.added.values()].reduce((left, nodes) => left - nodes, placement.headroom);
  const full =
    leftOfPlan < leftOfPool
      ? `the cluster may have no more than ${plural(maxNodes, "node")} (its plan)`
      : `the pool ${name} may have no more than ${plural(pool.max, "node")} (maxNodes)`;
  const reason = `${describeDemand(limited)} ${verb(limited.length, "wait")} because ${full}`;
  return report("PoolAtMaximum", reason, limited);
}

/** Broken nodes that stay: the pool may have no other besides them, and OVHcloud lets it have none less; or they cannot be removed by name. */
export function brokenReport(
  { pool, broken, upcomingNodes, overdue }: PoolView,
  { limited }: Placement,
  pods: readonly Pod[],
  { namedRemoval }: CompleteRules,
): Action[] {
  const { name, desired, min, max, failed = [] } = pool;
  const missing = upcomingNodes.filter(({ givenUpAt }) => givenUpAt !== undefined).length;
  const amount = broken.size + Math.max(failed.length, missing);
  const full = desired >= max;
  if (pool.autoscale || amount === 0 || (namedRemoval && (desired > min || !full))) return [];
  const names = new Set([...broken].map((node) => node.name));
  const listed = names.size > 0 ? ` (${[...names].slice(0, mostNamed).join(", ")})` : "";
  const nodes = `${plural(amount, "node")} of the pool ${name}${listed} ${verb(amount, "are")} broken`;
  const late = overdue > 0 ? `, and ${plural(overdue, "other")} as late, for which none are ordered as long as these are paid` : "";
  const reason = full
    ? `${nodes} and cannot be replaced${late}, for it may have no more than ${max} (maxNodes); raise maxNodes to ${max + amount}, or reset the broken in OVHcloud's control panel`
    : `${nodes}${late}; without autoscaler.api the autoscaler cannot remove a node by its name: delete or reset it in OVHcloud's control panel, for its pods end only then`;
  const stuck = pods.filter(({ node, isWorkload }) => isWorkload && node !== undefined && names.has(node));
  return [{ type: "report", code: "BrokenNodesKept", pool, reason, ...aboutOf([...(limited.get(name) ?? []), ...stuck]) }];
}

/** Pods for which no pool is right, or so it seems. */
export function hopelessReports({ hopeless, stranded }: Placement): Action[] {
  const report = (reason: string, pods: readonly Pod[]): Action[] =>
    pods.length === 0 ? [] : [{ type: "report", code: "NoPoolFits", pool: undefined, reason, ...aboutOf(pods) }];
  const strange = stranded.flatMap(({ pool, node, pods }) =>
    report(
      `pods have waited since before the node ${node} of the pool ${pool} came for them, and it is empty, so no more are ordered; compare their events, requests, nodeSelector, affinity and tolerations with its labels, taints, allocatable resources and pods`,
      hopeless.filter((pod) => pods.has(pod)),
    ),
  );
  const others = hopeless.filter((pod) => !stranded.some(({ pods }) => pods.has(pod)));
  const reason = `${describeDemand(others)} ${verb(others.length, "fit")} no node of a pool that may grow; compare their requests, nodeSelector, affinity and tolerations with the pools and their nodes`;
  return [...strange, ...report(reason, others)];
}

/** Jobs that never have as many pods at once as they ask to have together: these would wait for ever. */
export function gangReports({ pods, jobs = [] }: Snapshot): Action[] {
  const waiting = new Map(pods.flatMap((pod) => (pod.gang !== undefined && pod.node === undefined && pod.job ? [[pod.job.uid, pod]] : [])));
  if (waiting.size === 0) return [];
  const known = new Map(jobs.map((job) => [job.uid, job]));
  return [...waiting].flatMap(([uid, pod]): Action[] => {
    const { parallelism = Infinity } = known.get(uid) ?? {};
    const size = gangSize(pod, known);
    if (parallelism >= size) return [];
    const reason = `the Job's pods get no node: it asks for ${size} at once (${gangAnnotation}) but never has more than ${parallelism} (parallelism); raise 'parallelism', or lower the annotation`;
    return [{ type: "report", code: "GangTooLarge", pool: undefined, reason, ...aboutOf([pod]) }];
  });
}

/** e.g. "4 pods", "4 pods and 96 tasks without a pod" */
export function describeDemand(pods: readonly Pod[], thing = "pod"): string {
  const tasks = pods.reduce((sum, { podless }) => sum + (podless ? 1 : 0), 0);
  const told = [pods.length > tasks && plural(pods.length - tasks, thing), tasks > 0 && `${plural(tasks, "task")} without a pod`];
  return told.filter(Boolean).join(" and ");
}

/** The Jobs of the pods, and those of them that belong to none. */
export function aboutOf(pods: readonly Pod[]): { readonly jobs: readonly JobRef[]; readonly pods?: readonly PodRef[] } {
  const alone = pods.flatMap(({ id, uid, job }): PodRef[] => {
    const [namespace = "", name = ""] = id.split("/");
    return job || uid === undefined ? [] : [{ namespace, name, uid }];
  });
  return { jobs: jobsOf(pods), ...(alone.length > 0 && { pods: alone }) };
}

export function jobsOf(pods: readonly Pod[]): JobRef[] {
  const jobs = new Map<string, JobRef>();
  for (const { job } of pods) if (job) jobs.set(job.uid, job);
  return [...jobs.values()];
}
