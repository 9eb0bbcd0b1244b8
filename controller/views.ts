/** As much of Kubernetes' objects as decides on a Job's parallelism: thousands of whole ones would not fit into memory. */
import { type Amounts } from "../batch/cost";
import { poolLabels } from "../common/provisioner";
import { finished } from "../batch/jobs/condition";
import { countIndexes } from "../batch/jobs/indexes";
import { annotations } from "../batch/jobs/manifest";
import { requestsIn } from "../batch/jobs/requests";
import { type Job, type Node, type NodePool, type Pod } from "../kubernetes/cluster";
import { type JobFacts } from "./parallelism";

/** An object as the API server answers it. */
export type Stored<T> = T & { readonly metadata: { readonly resourceVersion: string } };

export interface JobView extends Pick<JobFacts, "uid" | "pool" | "limit" | "parallelism" | "left" | "minAvailable"> {
  readonly name: string;
  readonly requests: Amounts;
}

const poolLabel = poolLabels.autoscaler;

/** The pool of a Job. Those of Karpenter's have names of their own here: nobody knows how many nodes they will have. */
function poolOf({ metadata: { labels = {} }, spec: { template } }: Job): string {
  const karpenters = template?.spec?.nodeSelector?.[poolLabels.karpenter];
  return karpenters === undefined ? (labels[poolLabel] ?? "") : `${poolLabels.karpenter}=${karpenters}`;
}

/** A Job whose parallelism is this program's to change; undefined for any other, and for one that has not begun or has ended. */
export function viewJob(job: Job): JobView | undefined {
  const { metadata, spec, status } = job;
  const { name, uid = "", annotations: given = {}, deletionTimestamp } = metadata;
  const limit = Number(given[annotations.parallelism]);
  const { completions, parallelism, suspend, template } = spec;
  if (!(limit > 0) || given[annotations.launched] !== "true" || completions === undefined || parallelism === undefined) return undefined;
  if (suspend || deletionTimestamp !== undefined || finished(job)) return undefined;
  const gang = Number(template?.metadata?.annotations?.[annotations.minAvailable]);
  return {
    ...{ name, uid, pool: poolOf(job), limit, parallelism },
    left: completions - countIndexes(status?.completedIndexes) - countIndexes(status?.failedIndexes),
    ...(gang > 0 && { minAvailable: gang }),
    requests: requestsIn(template?.spec),
  };
}

export interface PodView {
  readonly jobUid: string;
  /** `bound`: it has a node and has not ended; `retrying`: it failed, and its task waits until it is tried again. */
  readonly state: "bound" | "retrying";
}

/** Kubernetes keeps a failed pod with this finalizer until there is another one for its task. */
const trackingFinalizer = "batch.kubernetes.io/job-tracking";

/** A Job's pod; undefined for one that waits for a node, or is over. */
export function viewPod({ metadata, spec, status }: Pod): PodView | undefined {
  const job = metadata.ownerReferences?.find(({ kind }) => kind === "Job")?.uid;
  if (job === undefined || status?.phase === "Succeeded") return undefined;
  if (status?.phase === "Failed") return metadata.finalizers?.includes(trackingFinalizer) ? { jobUid: job, state: "retrying" } : undefined;
  return spec?.nodeName ? { jobUid: job, state: "bound" } : undefined;
}

export interface NodeView extends Pick<Node, "status"> {
  readonly pool: string;
}

export function viewNode({ metadata, status }: Node): NodeView | undefined {
  const pool = metadata.labels?.[poolLabel];
  return pool === undefined ? undefined : { pool, status: { allocatable: status?.allocatable } };
}

export interface PoolView {
  readonly name: string;
  readonly flavor?: string;
  readonly desired?: number;
}

export const viewPool = ({ metadata, spec: { flavor, desiredNodes } }: NodePool): PoolView => ({
  name: metadata.name,
  flavor,
  desired: desiredNodes,
});
