import { type RawPod } from "../../../autoscaler/state/raw";
import { admin, atZero, create, desired, eventsOf, hang, namesOf, nodesOf, setPool, until } from "./cloud";
import { metrics } from "./replicas";
import { begun, done, placesOf, release, submit } from "./tasks";

const system = "/api/v1/namespaces/kube-system";
const budgets = "/apis/policy/v1/namespaces/kube-system/poddisruptionbudgets";
const dns = { "k8s-app": "kube-dns" };

/** How many pods the cluster's DNS has, whatever the number of nodes. */
const scaleDns = (min: number): Promise<unknown> =>
  admin.call({
    method: "PATCH",
    path: `${system}/configmaps/kube-dns-autoscaler`,
    body: { data: { linear: JSON.stringify({ nodesPerReplica: 100, min }) } },
  });

/** How many pods of the DNS a PodDisruptionBudget lets be evicted. */
const allow = (maxUnavailable: number): Promise<unknown> =>
  admin.call({ method: "PATCH", path: `${budgets}/coredns`, body: { spec: { maxUnavailable } } });

/** The DNS's pods that are Ready. */
async function dnsPods(): Promise<RawPod[]> {
  const query = { labelSelector: "k8s-app=kube-dns" };
  const { items } = await admin.call<{ items: RawPod[] }>({ method: "GET", path: `${system}/pods`, query });
  return items.filter(
    ({ metadata, status }) =>
      !metadata.deletionTimestamp && status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"),
  );
}

/** What keeps nodes that have no task. */
export function kept(): void {
  describe("a pod of OVHcloud's own that has landed on a compute node", () => {
    afterAll(() => scaleDns(2));

    it("is moved by an eviction, and the node goes; as long as its budget allows none, it is named", async () => {
      await create(budgets, {
        apiVersion: "policy/v1",
        kind: "PodDisruptionBudget",
        metadata: { name: "coredns" },
        spec: { maxUnavailable: 0, selector: { matchLabels: dns } },
      });
      const job = await submit({ pools: ["stray"], tasks: 1, held: 1 });
      await until("the task runs", () => begun(job) === 1);
      const [node] = await namesOf("stray");
      await scaleDns(3);
      const strays = async () => (await dnsPods()).filter(({ spec }) => spec.nodeName === node);
      await until("a pod of the DNS is on its node", async () => (await strays()).length === 1);
      const [stray] = await strays();
      release(job);
      expect(await done(job)).toEqual([]);
      const told = (kind: string, name: string, namespace?: string) => async () =>
        (await eventsOf(kind, name, namespace)).includes("NodeHeld");
      await until("the pod is told", told("Pod", stray!.metadata.name, "kube-system"));
      await until("the pool is told", told("NodePool", "stray"));
      expect((await strays()).map(({ metadata }) => metadata.name)).toEqual([stray!.metadata.name]);
      expect(await namesOf("stray")).toEqual([node]);
      expect(await metrics()).toContain(`pool_holding_pods{pool="stray",node="${node}",pod="kube-system/${stray!.metadata.name}"} 1`);
      await allow(1);
      await atZero("stray");
      const [first] = await namesOf("system");
      await until("all of them run on the system's node", async () => (await dnsPods()).length === 3);
      expect((await dnsPods()).map(({ spec }) => spec.nodeName)).toEqual([first, first, first]);
      expect(await metrics()).toMatch(/api_requests_total\{verb="create",group="",resource="pods\/eviction"\} [1-9]/);
    });
  });

  describe("a node of a pool at its minimum that hangs", () => {
    it("is told, and replaced by another, on which its task is done", async () => {
      await setPool("least", { minNodes: 1, desiredNodes: 1 });
      const job = await submit({ pools: ["least"], tasks: 1, held: 1 });
      await until("its task runs", () => begun(job) === 1);
      const node = (await placesOf(job)).get(0)!;
      hang(node);
      release(job);
      expect(await done(job)).toEqual([0]);
      await until("it is gone", async () => !(await namesOf("least")).includes(node));
      await until("the pool is at its minimum", async () => (await desired("least")) === 1 && (await nodesOf("least")).length === 1);
      expect(await eventsOf("NodePool", "least")).toContain("NodesReplaced");
      await setPool("least", { minNodes: 0 });
      await atZero("least");
    });
  });
}
