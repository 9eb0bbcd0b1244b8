import { drawKarpenter } from "../../../local/demo/karpenter/plot";
import { describeNodes, type Sample, sampleOf } from "../../../local/demo/karpenter/sample";
import { createSettled } from "../../../local/demo/karpenter/settled";
import { nodeOf, podOf } from "../../../local/demo/karpenter/state";
import { deploymentOf } from "../../../local/demo/karpenter/workload";

const labels = (flavor: string, zone: string) => ({ "node.kubernetes.io/instance-type": flavor, "topology.kubernetes.io/zone": zone });
const node = (name: string, flavor: string, zone: string) => nodeOf({ metadata: { name, uid: name, labels: labels(flavor, zone) } });
const nodes = [node("one", "b3-64", "eu-west-par-b"), node("two", "b3-8", "eu-west-par-a"), node("three", "b3-64", "eu-west-par-a")];

test("a sample counts pods by what they do, and prices the nodes", () => {
  const pods = [
    podOf({ metadata: { name: "a", uid: "a" }, spec: { nodeName: "one" }, status: { phase: "Running" } }),
    podOf({ metadata: { name: "b", uid: "b" }, status: { phase: "Pending" } }),
  ];
  const prices = new Map([
    ["b3-8", 0.05],
    ["b3-64", 0.4],
  ]);
  const sample = sampleOf({ pods, nodes }, prices, 7);
  expect(sample).toMatchObject({ at: 7, waiting: 1, running: 1, nodes: [{ flavor: "b3-64", zone: "eu-west-par-b" }, {}, {}] });
  expect(sample.price).toBeCloseTo(0.85);
  expect(sampleOf({ pods, nodes }, new Map(), 7).price).toBeNaN();
});

test("pods and nodes that are being deleted are leaving, and pods may be pinned", () => {
  const deletionTimestamp = "2026-11-30T12:00:00Z";
  const annotations = { "karpenter.sh/do-not-disrupt": "true" };
  expect(podOf({ metadata: { name: "a", uid: "a", deletionTimestamp, annotations } })).toEqual({
    ...{ uid: "a", node: undefined, running: false, leaving: true, pinned: true },
  });
  expect(nodeOf({ metadata: { name: "a", uid: "a", deletionTimestamp } }).leaving).toBe(true);
  expect(node("a", "b3-8", "nova")).toEqual({ name: "a", uid: "a", flavor: "b3-8", zone: "nova", leaving: false });
});

test("nodes in words go from the smallest flavor to the largest", () => {
  expect(describeNodes(nodes)).toBe("1 b3-8, 2 b3-64 in zones a a b");
  expect(describeNodes([])).toBe("");
});

test("something has settled once it was the same for long enough", () => {
  const settled = createSettled(10);
  const looks = [settled("a", 0), settled("a", 9), settled("b", 10), settled("b", 19), settled("b", 20), settled("a", 21)];
  expect(looks).toEqual([false, false, false, false, true, false]);
});

test("only Deployments across the zones are spread, and only pinned ones keep their nodes", () => {
  const placement = { nodeSelector: { "karpenter.sh/nodepool": "batch" } };
  const plain = deploymentOf({ name: "a", replicas: 3, cpu: "1", memory: "1Gi", placement }).spec.template;
  const special = deploymentOf({ name: "b", replicas: 3, cpu: "1", memory: "1Gi", placement, pinned: true, acrossZones: true }).spec
    .template;
  expect(plain).toMatchObject({ metadata: { annotations: {} }, spec: { ...placement, topologySpreadConstraints: [] } });
  expect(special.metadata.annotations).toEqual({ "karpenter.sh/do-not-disrupt": "true" });
  expect(special.spec.topologySpreadConstraints).toMatchObject([
    { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", labelSelector: { matchLabels: special.metadata.labels } },
  ]);
});

test("the plot has a part for each flavor and each zone, which end where their nodes do", () => {
  const sample = (at: number, some: typeof nodes): Sample => sampleOf({ pods: [], nodes: some }, new Map(), at);
  const svg = drawKarpenter([sample(0, []), sample(10, nodes), sample(20, [])], [0, 10]);
  for (const name of ["b3-64", "b3-8", "eu-west-par-a", "eu-west-par-b"]) expect(svg).toContain(`>${name}</text>`);
  // Two lines; areas of two flavors and of two zones.
  expect([...svg.matchAll(/class="line" d="[^"]+"/g)]).toHaveLength(2);
  expect([...svg.matchAll(/class="part\d" d="[^"]+Z"/g)]).toHaveLength(4);
  // Of 3 nodes on a scale up to 4, two are b3-64: from half the height down to the axis, between a half and the end of the time.
  expect(svg).toContain('class="part0" d="M56 236H56V236H380V136H704V236H704V236Z"');
});
