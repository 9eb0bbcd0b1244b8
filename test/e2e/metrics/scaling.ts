import { type Sample, watchHpa } from "../../../local/demo/hpa/watch";
import { parseResources } from "../../../autoscaler/resources";
import { eventually, json, kubectl, minutes } from "./cloud";

interface Pod {
  readonly metadata: { readonly name: string; readonly labels: Record<string, string>; readonly deletionTimestamp?: string };
  readonly spec: {
    readonly nodeName?: string;
    readonly containers: readonly { readonly resources?: { readonly requests?: Quantities } }[];
  };
  readonly status: { readonly phase: string; readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}
type Quantities = Readonly<Record<string, string>>;

const services = ["podinfo", "podinfo-cpu"] as const;
type Service = (typeof services)[number];

/** What each puts on the other: 50 requests a second as in the seed, of which a pod should have 10, and as many as its CPU notices. */
const loads: Readonly<Record<Service, readonly string[]>> = {
  podinfo: ["-n", "3000", "-q", "10", "-c", "5", "http://podinfo/"],
  "podinfo-cpu": ["-n", "60000", "-q", "250", "-c", "4", "http://podinfo-cpu/"],
};

/** It ends by itself: a killed `kubectl exec` would leave hey at work. */
const runLoad = (service: Service): Promise<string> => {
  const from = services.find((other) => other !== service)!;
  return kubectl(["--namespace", "services", "exec", `deploy/${from}`, "--", "hey", ...loads[service]], { timeout: minutes(8) });
};

async function until(service: Service, done: (sample: Sample) => boolean, timeout: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  await watchHpa(kubectl, service, done, { timeout, onSample: (sample) => void samples.push(sample) });
  return samples;
}

const podsOf = async (...where: string[]): Promise<Pod[]> =>
  (await json<{ items: Pod[] }>("get", "pods", ...where)).items.filter(({ metadata }) => !metadata.deletionTimestamp);
const isReady = ({ status }: Pod): boolean => status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false;
const nodesOf = async (pool: string): Promise<string[]> =>
  (await json<{ items: { metadata: { name: string } }[] }>("get", "nodes", "--selector", `nodepool=${pool}`)).items.map(
    ({ metadata }) => metadata.name,
  );

/** Takes so much of the system pool's only node that it has room for two more pods of the samples. */
async function fillSystemPool(): Promise<void> {
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

/** Both samples under load at the same time, with a system pool that cannot hold all of their pods. */
export function scaling(): void {
  describe("services under load", () => {
    let running: Promise<string>[];

    beforeAll(fillSystemPool);

    it.each(services)("%s starts at its fewest pods", async (service) => {
      const [first] = await until(service, () => true, minutes(1));
      expect(first).toMatchObject({ replicas: 2, desired: 2 });
    });

    it("scale up, one by its requests and one by its CPU", async () => {
      running = services.map(runLoad);
      // Awaited by the next test but one; if a test fails before, nobody waits for them.
      for (const load of running) load.catch(() => undefined);
      const all = await Promise.all(services.map((service) => until(service, ({ replicas }) => replicas >= 4, minutes(5))));
      for (const samples of all) expect(Math.max(...samples.map(({ replicas }) => replicas))).toBeLessThanOrEqual(10);
    });

    it("get a node of the compute pool for the pods that the system pool has no room for", async () => {
      await eventually(async () => {
        const pods = await podsOf("--namespace", "services");
        return pods.length >= 8 && pods.every(isReady);
      }, minutes(5));
      const [system, compute] = [await nodesOf("system"), await nodesOf("compute")];
      expect([system.length, compute.length]).toEqual([1, 1]);
      const pods = await podsOf("--namespace", "services");
      expect(new Set(pods.map(({ spec }) => spec.nodeName))).toEqual(new Set([...system, ...compute]));
      // The Deployments will keep just these: nothing but their being moved lets the node go.
      const added = pods.filter(({ spec }) => spec.nodeName === compute[0]).map(({ metadata }) => metadata.name);
      await kubectl(["--namespace", "services", "annotate", "pods", ...added, "controller.kubernetes.io/pod-deletion-cost=1000"]);
    });

    it("answer every request", async () => {
      for (const report of await Promise.all(running)) {
        expect(report).toMatch(/\[200\]\t\d+ responses/);
        expect(report).not.toMatch(/Error distribution|\[[45]\d\d\]/);
      }
    });

    it("go back to their fewest pods, never below and never without a ready one; these move to the system pool, and the added node goes away", async () => {
      const least: Record<Service, number> = { podinfo: Infinity, "podinfo-cpu": Infinity };
      const gone = async (): Promise<boolean> => {
        const pods = await podsOf("--namespace", "services");
        for (const service of services) {
          const ready = pods.filter((pod) => pod.metadata.labels["app.kubernetes.io/name"] === service && isReady(pod));
          least[service] = Math.min(least[service], ready.length);
        }
        return (await nodesOf("compute")).length === 0;
      };
      const [, ...all] = await Promise.all([
        eventually(gone, minutes(10)),
        ...services.map((service) => until(service, ({ replicas }) => replicas === 2, minutes(10))),
      ]);
      for (const samples of all) expect(Math.min(...samples.map(({ replicas }) => replicas))).toBe(2);
      for (const service of services) expect(least[service]).toBeGreaterThanOrEqual(1);
      await eventually(async () => {
        const pods = await podsOf("--namespace", "services");
        return pods.length === 4 && pods.every(isReady);
      }, minutes(5));
      const [system] = await nodesOf("system");
      expect((await podsOf("--namespace", "services")).map(({ spec }) => spec.nodeName)).toEqual([system, system, system, system]);
    });
  });
}
