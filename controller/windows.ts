/** Brings the `parallelism` of batch Jobs to what the nodes that are ordered can run, up and down, as they come and go. */
import { setTimeout as sleep } from "node:timers/promises";
import { forEach } from "../common/concurrency";
import { messageOf } from "../common/errors";
import { largestOf } from "../batch/cost";
import { podsPerNode } from "../batch/jobs/window";
import { type KubeClient } from "../kubernetes/client";
import { type Job, type Node, type NodePool, type Pod, unless } from "../kubernetes/cluster";
import { Reflector } from "../kubernetes/reflector";
import { decideParallelism, type JobFacts } from "./parallelism";
import { type JobView, type NodeView, type PodView, type PoolView, type Stored, viewJob, viewNode, viewPod, viewPool } from "./views";

/** How long changes are gathered before a decision, in milliseconds: nodes and pods come by the hundred. */
const gathering = 1_000;

/** A decision is made at least this often, in milliseconds: this replica may lead by now. */
const recheck = 30_000;

/** How long after a failed call a decision is made again, in milliseconds. */
const retryPause = 5_000;

/** How many Jobs are changed at the same time. */
const atOnce = 4;

export interface WindowsOptions {
  readonly client: KubeClient;
  /** Of the Jobs. */
  readonly namespace: string;
  /** Whether this replica may change anything. */
  readonly leading: () => boolean;
  readonly onError: (message: string) => void;
  /** Called with each change that was made. */
  readonly onChange?: (change: { readonly job: string; readonly from: number; readonly to: number }) => void;
}

export class Windows {
  private readonly jobs: Reflector<Stored<Job>, JobView>;
  private readonly pods: Reflector<Stored<Pod>, PodView>;
  private readonly nodes: Reflector<Stored<Node>, NodeView>;
  private readonly pools: Reflector<Stored<NodePool>, PoolView>;
  private readonly path: string;
  private dirty = false;
  private wake: () => void = () => undefined;

  constructor(private readonly options: WindowsOptions) {
    const { client, namespace, onError } = options;
    this.path = `/apis/batch/v1/namespaces/${namespace}/jobs`;
    this.jobs = new Reflector<Stored<Job>, JobView>(client, this.path, viewJob, this.changed, onError);
    this.pods = new Reflector<Stored<Pod>, PodView>(client, `/api/v1/namespaces/${namespace}/pods`, viewPod, this.changed, onError);
    this.nodes = new Reflector<Stored<Node>, NodeView>(client, "/api/v1/nodes", viewNode, this.changed, onError);
    this.pools = new Reflector<Stored<NodePool>, PoolView>(
      client,
      "/apis/kube.cloud.ovh.com/v1alpha1/nodepools",
      viewPool,
      this.changed,
      onError,
    );
  }

  /** Ends once the signal is aborted and the last change is answered. */
  async run(signal: AbortSignal): Promise<void> {
    const reflectors = [this.jobs, this.pods, this.nodes, this.pools];
    const following = Promise.all(reflectors.map((reflector) => reflector.run(signal)));
    signal.addEventListener("abort", () => this.wake());
    for (let pause = recheck; !signal.aborted;) {
      await this.changeOr(pause);
      await sleep(gathering, undefined, { signal }).catch(() => undefined);
      this.dirty = false;
      const may = !signal.aborted && this.options.leading() && reflectors.every(({ synced }) => synced);
      pause = !may || (await this.adjust(signal)) ? recheck : retryPause;
    }
    await following;
  }

  private readonly changed = (): void => {
    this.dirty = true;
    this.wake();
  };

  private async changeOr(pause: number): Promise<void> {
    if (this.dirty) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pause);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = () => undefined;
  }

  /** Changes the Jobs that need it. Returns false if a call failed: such a Job is looked at again. */
  private async adjust(signal: AbortSignal): Promise<boolean> {
    const jobs = new Map(this.jobs.values().map((job) => [job.uid, job]));
    let done = true;
    await forEach([...this.decide([...jobs.values()])], atOnce, async ([uid, to]) => {
      const { name, parallelism: from } = jobs.get(uid)!;
      if (signal.aborted || !this.options.leading()) return;
      try {
        // 404 and 409: the Job is gone, and another one may have its name.
        const body = { metadata: { uid }, spec: { parallelism: to } };
        const call = this.options.client.call<Stored<Job>>({ method: "PATCH", path: `${this.path}/${name}`, body }, signal);
        const changed = await unless([404, 409], call);
        if (!changed) return;
        this.jobs.apply(changed);
        this.options.onChange?.({ job: name, from, to });
      } catch (error) {
        done = false;
        if (!signal.aborted) this.options.onError(`the parallelism of Job ${name}: ${messageOf(error)}`);
      }
    });
    return done;
  }

  private decide(jobs: readonly JobView[]): Map<string, number> {
    const pools = new Map(this.pools.values().map((pool) => [pool.name, pool]));
    const members = new Map<string, NodeView[]>();
    for (const node of this.nodes.values()) {
      const known = members.get(node.pool);
      if (known) known.push(node);
      else members.set(node.pool, [node]);
    }
    const sizes = new Map([...members].map(([pool, nodes]) => [pool, largestOf(nodes)]));
    const counts = countPods(this.pods.values());
    const facts = jobs.map((job): JobFacts => {
      const perNode = podsPerNode(job.requests, { allocatable: sizes.get(job.pool), flavor: pools.get(job.pool)?.flavor });
      return { ...job, ...(counts.get(job.uid) ?? { bound: 0, retrying: 0 }), perNode };
    });
    return decideParallelism(facts, (pool) => pools.get(pool)?.desired ?? members.get(pool)?.length);
  }
}

function countPods(pods: readonly PodView[]): Map<string, { bound: number; retrying: number }> {
  const counts = new Map<string, { bound: number; retrying: number }>();
  for (const { jobUid, state } of pods) {
    let count = counts.get(jobUid);
    if (!count) counts.set(jobUid, (count = { bound: 0, retrying: 0 }));
    count[state]++;
  }
  return counts;
}
