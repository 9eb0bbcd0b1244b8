import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { poll } from "../../common/poll";
import { type KubeClient } from "../../kubernetes/client";

/** Milliseconds. */
const patience = 300_000;

/** Waits until `check` holds. */
export async function until(check: () => Promise<boolean>): Promise<void> {
  const overdue = (): never => {
    throw new Error(`not done after ${patience / 1000} s`);
  };
  await poll(async () => (await check().catch(() => false)) || undefined, { timeout: patience, pause: 100, overdue });
}

/** Sees, by a watch of its own, when a pool's size is raised. */
export class OrderWatch {
  private readonly stop = new AbortController();
  private desired = 0;
  private listeners: { nodes: number; found: (time: number) => void }[] = [];

  constructor(client: KubeClient, pool: string) {
    void this.run(client, pool).catch((error: unknown) => {
      if (!this.stop.signal.aborted) throw error;
    });
  }

  /** Milliseconds of `performance.now()` when the pool was asked for `nodes` nodes. */
  raisedTo(nodes: number): Promise<number> {
    if (this.desired >= nodes) return Promise.resolve(performance.now());
    return new Promise((found) => this.listeners.push({ nodes, found }));
  }

  close(): void {
    this.stop.abort();
  }

  private async run(client: KubeClient, pool: string): Promise<void> {
    const query = { watch: true, fieldSelector: `metadata.name=${pool}` };
    const response = await client.open(
      { method: "GET", path: "/apis/kube.cloud.ovh.com/v1alpha1/nodepools", query, silence: 3_600_000 },
      this.stop.signal,
    );
    for await (const line of createInterface({ input: response })) {
      const { object } = JSON.parse(line) as { object: { spec?: { desiredNodes?: number } } };
      this.desired = object.spec?.desiredNodes ?? this.desired;
      const time = performance.now();
      for (const { nodes, found } of this.listeners) if (this.desired >= nodes) found(time);
      this.listeners = this.listeners.filter(({ nodes }) => this.desired < nodes);
    }
  }
}

interface Round {
  readonly pool: string;
  /** Number of the round, from 0; it needs this many nodes and one more. */
  readonly round: number;
  readonly count: number;
}

/** Creates the pods that fill one more node, and answers how many seconds each waited for the order of that node. */
export async function submitPods(client: KubeClient, watch: OrderWatch, { pool, round, count }: Round): Promise<number[]> {
  const raised = watch.raisedTo(round + 1);
  const created: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < count; i = next++) {
      await client.call({ method: "POST", path: "/api/v1/namespaces/default/pods", body: podOf(pool, round, i, count) });
      created.push(performance.now());
    }
  };
  await Promise.all(Array.from({ length: 5 }, worker));
  const late = sleep(patience, undefined, { ref: false }).then(() =>
    Promise.reject(new Error(`no node was ordered within ${patience / 1000} s`)),
  );
  const time = await Promise.race([raised, late]);
  // Those created after the order had their node on the way.
  return created.filter((at) => at < time).map((at) => (time - at) / 1000);
}

/** Waits until every pod runs. */
export function untilRunning(client: KubeClient): Promise<void> {
  const query = { fieldSelector: "status.phase=Pending", limit: 1 };
  return until(async () => {
    const { items } = await client.call<{ items: readonly unknown[] }>({ method: "GET", path: "/api/v1/namespaces/default/pods", query });
    return items.length === 0;
  });
}

/** So many of these pods just fill a c2-15, which offers 3,830 millicores. */
function podOf(pool: string, round: number, i: number, count: number) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `pod-${round}-${i}`, labels: { round: String(round) } },
    spec: {
      nodeSelector: { nodepool: pool },
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "task", image: "task", resources: { requests: { cpu: `${Math.floor(3_800 / count)}m`, memory: "64Mi" } } }],
    },
  };
}
