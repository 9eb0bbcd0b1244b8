import { setTimeout as sleep } from "node:timers/promises";
import { parseResources } from "../../../autoscaler/state/resources";
import { json, kubectl, minutes } from "./cloud";

/** Pods of the samples, and where they have room. */

type Quantities = Readonly<Record<string, string>>;
interface Pod {
  readonly metadata: { readonly name: string; readonly labels: Record<string, string>; readonly deletionTimestamp?: string };
  readonly spec: {
    readonly nodeName?: string;
    readonly containers: readonly { readonly resources?: { readonly requests?: Quantities } }[];
  };
  readonly status: { readonly phase: string; readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

export const services = ["podinfo", "podinfo-cpu"] as const;
export type Service = (typeof services)[number];

const podsOf = async (...where: string[]): Promise<Pod[]> =>
  (await json<{ items: Pod[] }>("get", "pods", ...where)).items.filter(({ metadata }) => !metadata.deletionTimestamp);
export const samplePods = (): Promise<Pod[]> => podsOf("--namespace", "services");
export const isReady = ({ status }: Pod): boolean =>
  status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false;
export const nodesOf = async (pool: string): Promise<string[]> =>
  (await json<{ items: { metadata: { name: string } }[] }>("get", "nodes", "--selector", `nodepool=${pool}`)).items.map(
    ({ metadata }) => metadata.name,
  );

/** Takes so much of the system pool's only node that it has room for two more pods of the samples. */
export async function fillSystemPool(): Promise<void> {
  const [name] = (await nodesOf("system")) as [string];
  const { status } = await json<{ status: { allocatable: Quantities } }>("get", "node", name);
  const running = await podsOf(
    "--all-namespaces",
    "--field-selector",
    `spec.nodeName=${name},status.phase!=Succeeded,status.phase!=Failed`,
  );
  const requests = running.flatMap(({ spec }) => spec.containers).map(({ resources }) => parseResources(resources?.requests).cpu ?? 0);
  const free = parseResources(status.allocatable).cpu! - requests.reduce((sum, cpu) => sum + cpu, 0);
  const image = "localhost/ovh-mks-batch/pause:0.1.0";
  const container = { name: "pause", image, imagePullPolicy: "IfNotPresent", resources: { requests: { cpu: `${free - 110}m` } } };
  const manifest = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "filler", namespace: "default" },
    spec: { nodeSelector: { nodepool: "system" }, containers: [container], terminationGracePeriodSeconds: 0 },
  };
  await kubectl(["apply", "--filename", "-"], { input: JSON.stringify(manifest) });
  await kubectl(["wait", "--for=condition=Ready", "pod/filler", "--namespace", "default", "--timeout=60s"], { timeout: minutes(2) });
}

export const emptySystemPool = (): Promise<string> => kubectl(["delete", "pod", "filler", "--namespace", "default"]);

/** How many pods a service had while it was followed: the fewest and the most that its HPA counted, and the fewest that were ready. */
export interface Range {
  fewest: number;
  most: number;
  fewestReady: number;
}

/** Looks at the samples each second. @returns what has been seen so far; `stop` ends it, and throws if most looks have failed */
export function followPods() {
  const ranges = Object.fromEntries(
    services.map((service): [string, Range] => [service, { fewest: Infinity, most: 0, fewestReady: Infinity }]),
  ) as Record<Service, Range>;
  let stopped = false;
  let [seen, missed] = [0, 0];
  const look = async (): Promise<void> => {
    const hpas = await json<{ items: { metadata: { name: Service }; status: { currentReplicas?: number } }[] }>(
      ...["--namespace", "services", "get", "hpa"],
    );
    for (const { metadata, status } of hpas.items) {
      const range = ranges[metadata.name];
      range.fewest = Math.min(range.fewest, status.currentReplicas ?? 0);
      range.most = Math.max(range.most, status.currentReplicas ?? 0);
    }
    const ready = (await samplePods()).filter(isReady);
    for (const service of services) {
      const count = ready.filter((pod) => pod.metadata.labels["app.kubernetes.io/name"] === service).length;
      ranges[service].fewestReady = Math.min(ranges[service].fewestReady, count);
    }
  };
  // A call may go unanswered on a busy machine: the next look sees as much.
  const following = (async () => {
    for (; !stopped; await sleep(1_000))
      await look().then(
        () => seen++,
        () => missed++,
      );
  })();
  const stop = async (): Promise<void> => {
    stopped = true;
    await following;
    if (missed > seen) throw new Error(`${missed} of ${missed + seen} looks at the samples failed`);
  };
  return { ranges, stop };
}
