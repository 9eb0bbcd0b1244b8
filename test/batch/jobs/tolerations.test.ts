import { tolerating } from "../../../batch/jobs/tolerations";
import { createWorld } from "../fakes/world";

const taints = [
  { key: "pool.ovh-mks-batch/dedicated", effect: "NoSchedule" as const },
  { key: "team", value: "video", effect: "NoSchedule" as const },
  { key: "old", effect: "NoExecute" as const },
];
const tolerated = [
  { key: "team", operator: "Equal" as const, value: "video", effect: "NoSchedule" as const },
  { key: "old", operator: "Equal" as const, effect: "NoExecute" as const },
];

test("a Job tolerates the taints of its pool, each once, besides those that it names itself", () => {
  const own = { key: "gpu", operator: "Exists" as const };
  expect(tolerating({ tolerations: [own, tolerated[0]!] }, { taints })).toEqual({ tolerations: [own, tolerated[0], tolerated[1]] });
  expect(tolerating({ tolerations: [own] }, {})).toEqual({ tolerations: [own] });
});

test("a Job on a node pool of Karpenter's tolerates the taints of that, not of OVHcloud's pool of the same name", async () => {
  const { cluster, go } = createWorld();
  const other = [{ key: "other", effect: "NoSchedule" as const }];
  cluster.put("nodepools", { metadata: { name: "compute" }, spec: { maxNodes: 3, template: { spec: { taints: other } } } } as never);
  cluster.put("karpenternodepools", { metadata: { name: "compute" }, spec: { template: { spec: { taints } } } } as never);
  await go({ provisioner: "karpenter" });
  const [job] = cluster.jobs();
  expect(job?.spec.template?.spec).toMatchObject({
    tolerations: [{ key: "pool.ovh-mks-batch/dedicated", operator: "Exists" }, ...tolerated],
  });
});

test("a Job whose pool the user has tainted is launched with what lets its pods there", async () => {
  const { cluster, go } = createWorld();
  cluster.put("nodepools", { metadata: { name: "compute" }, spec: { maxNodes: 3, template: { spec: { taints } } } } as never);
  await go();
  const [job] = cluster.jobs();
  expect(job?.spec.template?.spec).toMatchObject({
    tolerations: [{ key: "pool.ovh-mks-batch/dedicated", operator: "Exists" }, ...tolerated],
  });
});
