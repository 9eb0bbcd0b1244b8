/** What of the benchmark's cluster is asked of Kubernetes itself. */
import { parseQuantity } from "../../common/quantity";
import { KubeClient } from "../../kubernetes/client";
import { patient } from "../../kubernetes/connect";
import { readKubeconfig } from "../../kubernetes/kubeconfig";
import { paths } from "../../local/lib/paths";
import { until } from "../harness/cloud";

interface Pod {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly nodeName?: string;
    readonly containers: readonly { readonly resources?: { readonly requests?: { readonly cpu?: string } } }[];
  };
  readonly status?: { readonly phase?: string };
}
interface Node {
  readonly metadata: { readonly name: string };
  readonly status: {
    readonly allocatable: { readonly cpu: string };
    readonly conditions: readonly { readonly type: string; readonly status: string }[];
  };
}
interface Summary {
  readonly pods: readonly {
    readonly podRef: { readonly name: string; readonly namespace: string };
    readonly memory?: { readonly workingSetBytes?: number };
  }[];
}

export interface Memory {
  readonly operator: number;
  readonly database: number;
  /** 0 where there is none. */
  readonly kafka: number;
}

export interface Nodes {
  /** Runs that fit on so many nodes at a time, once those are Ready. */
  readonly slots: (cpu: string, count: number) => Promise<number>;
  /** Names of the queue's pods. */
  readonly pods: () => Promise<string[]>;
  /** Jobs of the queue that have not ended. */
  readonly openJobs: () => Promise<number>;
  /** Memory of KEDA's operator and of the servers, in bytes. */
  readonly memory: () => Promise<Memory>;
}

const milli = (cpu = "0"): number => Number(parseQuantity(cpu)?.milliValue ?? 0);

/** @param queue name of the queue */
export function openNodes(queue: string): Nodes {
  const client = new KubeClient(readKubeconfig(paths.kubeconfig), patient);
  const items = async <T>(path: string, query: Record<string, string> = {}): Promise<T[]> =>
    (await client.call<{ items: T[] }>({ method: "GET", path, query })).items;
  const ofQueue = { labelSelector: `batch.ovh-mks/job=${queue}` };

  return {
    async slots(cpu, count) {
      const ready = async (): Promise<Node[]> => {
        const nodes = await items<Node>("/api/v1/nodes", { labelSelector: "nodepool=compute" });
        return nodes.filter(({ status }) => status.conditions.some(({ type, status }) => type === "Ready" && status === "True"));
      };
      await until(async () => (await ready()).length === count, { patience: 300 });
      const pods = await items<Pod>("/api/v1/pods");
      const taken = (node: string): number =>
        pods
          .filter(({ spec }) => spec.nodeName === node)
          .flatMap(({ spec }) => spec.containers)
          .reduce((sum, { resources }) => sum + milli(resources?.requests?.cpu), 0);
      const free = (await ready()).map(({ metadata, status }) => milli(status.allocatable.cpu) - taken(metadata.name));
      return free.reduce((sum, amount) => sum + Math.floor(amount / milli(cpu)), 0);
    },
    pods: async () => (await items<Pod>("/api/v1/namespaces/batch/pods", ofQueue)).map(({ metadata }) => metadata.name),
    async openJobs() {
      const jobs = await items<{ status?: { conditions?: { type: string; status: string }[] } }>(
        "/apis/batch/v1/namespaces/batch/jobs",
        ofQueue,
      );
      const over = (type: string): boolean => type === "Complete" || type === "Failed";
      return jobs.filter(({ status }) => !status?.conditions?.some(({ type, status }) => over(type) && status === "True")).length;
    },
    async memory() {
      const nodes = await items<Node>("/api/v1/nodes", { labelSelector: "nodepool=system" });
      const paths = nodes.map(({ metadata }) => `/api/v1/nodes/${metadata.name}/proxy/stats/summary`);
      const summaries = await Promise.all(paths.map((path) => client.call<Summary>({ method: "GET", path })));
      const pods = summaries.flatMap((summary) => summary.pods);
      const of = (namespace: string, start: string): number =>
        pods.find(({ podRef }) => podRef.namespace === namespace && podRef.name.startsWith(start))?.memory?.workingSetBytes ?? 0;
      return { operator: of("keda", "keda-operator"), database: of("database", "postgresql-0"), kafka: of("kafka", "kafka-0") };
    },
  };
}
