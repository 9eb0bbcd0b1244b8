import { plural, verb } from "../common/text";
import { type PoolView } from "./fleet";
import { type Block } from "./history";
import { type Action, type JobRef, type Pod, type ReportCode } from "./model";
import { type Placement } from "./placement";

/** What users have to know about a pool. */
export function reports({ pool, nodes, inFlight }: PoolView, placement: Placement, block: Block | undefined, now: number): Action[] {
  const { name } = pool;
  const report = (code: ReportCode, reason: string, concerned: readonly Pod[]): Action[] => [
    { type: "report", code, pool, reason, jobs: jobsOf(concerned) },
  ];
  if (pool.autoscale)
    return report("StandingBy", `OVHcloud's own autoscaler is on for the pool ${name} (autoscale: true); it is left alone`, []);
  const limited = placement.limited.get(name) ?? [];
  if (pool.problem !== undefined && inFlight > 0) {
    const reason = `OVHcloud has given the pool ${name} ${nodes.length} of ${plural(pool.desired, "node")}: ${pool.problem}`;
    return report("PoolBlocked", reason, limited);
  }
  if (limited.length === 0) return [];
  if (block && pool.desired < pool.max) {
    const again = block.until > now ? `; it is asked again at ${new Date(block.until).toISOString()}` : "";
    return report(
      "PoolBlocked",
      `OVHcloud has refused the pool ${name} ${plural(block.refused, "node")}: ${block.reason}${again}`,
      limited,
    );
  }
  const reason = `${plural(limited.length, "pod")} ${verb(limited.length, "wait")} because the pool ${name} may have no more than ${plural(pool.max, "node")} (maxNodes)`;
  return report("PoolAtMaximum", reason, limited);
}

/** Pods for which no pool is right, or so it seems. */
export function hopelessReports({ hopeless, stranded }: Placement): Action[] {
  const report = (reason: string, pods: readonly Pod[]): Action[] =>
    pods.length === 0 ? [] : [{ type: "report", code: "NoPoolFits", pool: undefined, reason, jobs: jobsOf(pods) }];
  const strange = stranded.flatMap(({ pool, node, pods }) =>
    report(
      `pods have waited since before the node ${node} of the pool ${pool} came for them, and it is empty, so no more are ordered; compare their events, requests, nodeSelector, affinity and tolerations with its labels, taints, allocatable resources and pods`,
      hopeless.filter((pod) => pods.has(pod)),
    ),
  );
  const others = hopeless.filter((pod) => !stranded.some(({ pods }) => pods.has(pod)));
  const reason = `${plural(others.length, "pod")} ${verb(others.length, "fit")} no node of a pool that may grow; compare their requests, nodeSelector, affinity and tolerations with the pools and their nodes`;
  return [...strange, ...report(reason, others)];
}

export function jobsOf(pods: readonly Pod[]): JobRef[] {
  const jobs = new Map<string, JobRef>();
  for (const { job } of pods) if (job) jobs.set(job.uid, job);
  return [...jobs.values()];
}
