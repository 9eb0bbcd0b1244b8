/** Which `parallelism` each batch Job is to have, by the nodes that are ordered. Pure. */
import { maxPods } from "../common/reserved";
import { defaultPods, marginOf, windowOf } from "../batch/jobs/window";

/** A batch Job at work. */
export interface JobFacts {
  readonly uid: string;
  readonly pool: string;
  /** Most pods that its user allows at a time. */
  readonly limit: number;
  /** What its spec has now. */
  readonly parallelism: number;
  /** Tasks that have not ended. */
  readonly left: number;
  /** How many of its tasks start together or not at all. @default none */
  readonly minAvailable?: number;
  /** Its pods that have a node and have not ended. */
  readonly bound: number;
  /** Its tasks that failed and wait until they are tried again. They have no pod, and Kubernetes counts them as if they had. */
  readonly retrying: number;
  /** How many of its pods fit on a node of its pool. @default not known */
  readonly perNode?: number;
}

/** The Jobs whose parallelism is to change, by uid. @param nodesOf how many nodes a pool is asked to have; undefined for one that is not known */
export function decideParallelism(jobs: readonly JobFacts[], nodesOf: (pool: string) => number | undefined): Map<string, number> {
  const changes = new Map<string, number>();
  for (const [pool, members] of byPool(jobs)) {
    const shares = sharesOf(members, nodesOf(pool));
    for (const [job, share] of shares) {
      const wanted = changeOf(job, share);
      if (wanted !== undefined) changes.set(job.uid, wanted);
    }
  }
  return changes;
}

function byPool(jobs: readonly JobFacts[]): Map<string, JobFacts[]> {
  const pools = new Map<string, JobFacts[]>();
  for (const job of jobs) {
    const known = pools.get(job.pool);
    if (known) known.push(job);
    else pools.set(job.pool, [job]);
  }
  return pools;
}

/** How many pods each Job may place beside those that have a node: the room is shared out by what they need, so that fifty Jobs do not each fill the whole of it. */
function sharesOf(jobs: readonly JobFacts[], nodes: number | undefined): Map<JobFacts, number> {
  const sized = jobs.map((job) => ({ job, perNode: job.perNode ?? maxPods, more: Math.max(0, Math.min(job.limit, job.left) - job.bound) }));
  const taken = sized.reduce((sum, { job, perNode }) => sum + job.bound / perNode, 0);
  const needed = sized.reduce((sum, { more, perNode }) => sum + more / perNode, 0);
  const free = nodes === undefined ? Infinity : Math.max(0, nodes - taken);
  const part = needed > 0 ? Math.min(1, free / needed) : 0;
  // Where nobody knows how many fit, as many as control planes hold.
  const most = ({ perNode }: JobFacts): number => (perNode === undefined || nodes === undefined ? defaultPods : Infinity);
  return new Map(sized.map(({ job, more }) => [job, Math.min(most(job), Math.ceil(more * part - 1e-9))]));
}

/** The parallelism that a Job is to get; undefined when it is near enough to what it has, so that not each pod's end is a write. */
function changeOf(job: JobFacts, share: number): number | undefined {
  const { limit, left, minAvailable = 0, bound, retrying, parallelism } = job;
  const room = bound + share;
  const margin = marginOf(room);
  const most = Math.min(limit, left);
  // Kubernetes ends pods that have a node only when there are no others: never fewer than these.
  const wanted = Math.max(1, bound, Math.min(most, windowOf({ limit, left, minAvailable }, room) + retrying));
  if (parallelism > Math.max(limit, bound)) return wanted;
  const lacks = Math.min(parallelism, left) < Math.min(wanted, Math.max(room + retrying + margin / 2, minAvailable));
  const exceeds = Math.min(parallelism, left) > wanted + 2 * margin;
  return lacks || exceeds ? wanted : undefined;
}
