import { decide, type Decision } from "../../../autoscaler/decision/decide";
import { type Pod, type Pool, type Snapshot } from "../../../autoscaler/state/model";
import { type NodeSelectorTerm } from "../../../autoscaler/state/node-selector";
import { emptyHistory } from "../../../autoscaler/state/history";
import { type RawMeta, type RawPod } from "../../../autoscaler/state/raw";
import { readPod } from "../../../autoscaler/state/read-pods";
import { readClaim, readStorageClass, readVolume } from "../../../autoscaler/state/read-volumes";
import { readPool } from "../../../autoscaler/state/snapshot";
import { type Storage } from "../../../autoscaler/state/storage";
import { node, pod, pool, rules, shape, snapshot } from "../build";

const cinder = "topology.cinder.csi.openstack.org/zone";
const within = (key: string, ...values: string[]): NodeSelectorTerm[] => [{ matchExpressions: [{ key, operator: "In", values }] }];
const anywhere = shape(3000, { nodeSelector: {} });
const using = (...names: string[]): Pod => pod(3000, { shape: anywhere, claims: names.map((name) => `batch/${name}`) });

const storage: Storage = {
  claims: [
    { id: "batch/in-a", volume: "pv-a" },
    { id: "batch/in-b", volume: "pv-b", storageClass: "immediate" },
    { id: "batch/on-x", volume: "pv-x" },
    { id: "batch/shared", volume: "pv-nfs" },
    { id: "batch/lost", volume: "gone" },
    { id: "batch/to-make-in-b", storageClass: "zonal" },
    { id: "batch/to-make", storageClass: "waits" },
    { id: "batch/unbound", storageClass: "immediate" },
    { id: "batch/no-class" },
  ],
  volumes: [
    { name: "pv-a", affinity: within(cinder, "par-a") },
    { name: "pv-b", affinity: within(cinder, "par-b") },
    { name: "pv-x", affinity: within("kubernetes.io/hostname", "x") },
    { name: "pv-nfs", affinity: [] },
  ],
  classes: [
    { name: "immediate", waits: false, topologies: [] },
    { name: "waits", waits: true, topologies: [] },
    { name: "zonal", waits: true, topologies: within("topology.kubernetes.io/zone", "par-b", "par-c") },
  ],
};

const zonePool = (zone: string): Pool => pool({ name: `pool-${zone}`, uid: zone, flavor: "c2-15", zones: [zone] });
const pools = [zonePool("par-a"), zonePool("par-b")];
const at = (input: Partial<Snapshot>): Decision => decide(snapshot({ pools, storage, ...input }), emptyHistory, rules);
const orders = ({ actions }: Decision): unknown[] =>
  actions.flatMap((action): unknown[] => {
    if (action.type === "resize") return [[action.pool.name, action.desired]];
    return action.type === "report" ? [action.code] : [];
  });
const inZone = (name: string, zone: string) =>
  node(name, { pool: `pool-${zone}`, labels: { [cinder]: zone, "kubernetes.io/hostname": name } });

describe("pods get nodes where their volumes are", () => {
  test.each<[string, string[], unknown[]]>([
    ["in the zone of a bound volume", ["in-a"], [["pool-par-a", 1]]],
    ["in the other zone", ["in-b"], [["pool-par-b", 1]]],
    ["where a volume may be made", ["to-make-in-b"], [["pool-par-b", 1]]],
    ["in any pool, for a volume that can be made anywhere", ["to-make"], [["pool-par-a", 1]]],
    ["in any pool, for a volume that every node can use", ["shared"], [["pool-par-a", 1]]],
    ["where all of them are", ["shared", "in-b", "to-make"], [["pool-par-b", 1]]],
    ["nowhere, when they are in different zones", ["in-a", "in-b"], ["NoPoolFits"]],
    ["nowhere but on the node of a local volume", ["on-x"], ["NoPoolFits"]],
  ])("%s", (_what, names, expected) => expect(orders(at({ pods: [using(...names)] }))).toEqual(expected));

  test.each([["unbound"], ["no-class"], ["lost"], ["never-made"]])(
    "no node is ordered for a claim that is %s: its pod is not scheduled",
    (name) => {
      const decision = at({ pods: [using(name), using("in-a")] });
      expect(orders(decision)).toEqual([["pool-par-a", 1]]);
      expect(decision.pending).toBe(1);
    },
  );

  test("on nodes that there are, in the right zone only", () => {
    const nodes = [inZone("x", "par-a"), inZone("y", "par-b")];
    const given = pools.map((one) => ({ ...one, desired: 1 }));
    expect(orders(at({ nodes, pools: given, pods: [using("in-a"), using("in-b")] }))).toEqual([]);
    expect(orders(at({ nodes, pools: given, pods: [using("in-b"), using("in-b")] }))).toEqual([["pool-par-b", 2]]);
    expect(orders(at({ nodes, pools: given, pods: [using("on-x")] }))).toEqual([]);
  });

  test("and are told apart from pods of the same shape elsewhere", () => {
    const wanted = [using("in-a"), using("in-b"), using("in-b"), pod(3000, { shape: anywhere })];
    expect(orders(at({ pods: wanted }))).toEqual([
      ["pool-par-a", 2],
      ["pool-par-b", 2],
    ]);
  });

  test("a pool of several zones is none of them, and one that tells of none is in that of all nodes", () => {
    const several = pool({ name: "several", zones: ["par-a", "par-b"] });
    expect(orders(at({ pools: [several], nodes: [inZone("x", "par-a")], pods: [using("in-a"), using("in-a")] }))).toEqual(["NoPoolFits"]);
    const silent = [pool({ name: "pool-par-a", desired: 1 })];
    const nodes = [inZone("x", "par-a")];
    expect(orders(at({ pools: silent, nodes, pods: [using("in-a"), using("in-a")] }))).toEqual([["pool-par-a", 2]]);
    expect(orders(at({ pools: silent, nodes, pods: [using("in-b")] }))).toEqual(["NoPoolFits"]);
  });

  test("while the cluster's storage is not known, volumes do not count", () => {
    expect(orders(at({ storage: undefined, pods: [using("in-b")] }))).toEqual([["pool-par-a", 1]]);
  });
});

describe("of Kubernetes objects", () => {
  const metadata: RawMeta = { name: "x", namespace: "batch", uid: "u", resourceVersion: "7", creationTimestamp: "2026-01-01T00:00:00Z" };

  test("a pod's claims are read, those of ephemeral volumes by the pod's name", () => {
    const volumes = [{ name: "data", persistentVolumeClaim: { claimName: "in" } }, { name: "scratch", ephemeral: {} }, { name: "tmp" }];
    const raw: RawPod = { metadata, spec: { containers: [], volumes } };
    expect(readPod(raw)?.claims).toEqual(["batch/in", "batch/x-scratch"]);
    expect(readPod({ metadata, spec: { containers: [], volumes: [{ name: "tmp" }] } })?.claims).toBeUndefined();
  });

  test("claims, volumes and storage classes are read", () => {
    expect(readClaim({ metadata, spec: { volumeName: "pv", storageClassName: "fast" } })).toEqual({
      id: "batch/x",
      volume: "pv",
      storageClass: "fast",
    });
    expect(readClaim({ metadata, spec: { volumeName: "" } })).toEqual({ id: "batch/x" });
    expect(readVolume({ metadata, spec: { nodeAffinity: { required: { nodeSelectorTerms: within(cinder, "par-a") } } } })).toEqual({
      name: "x",
      affinity: within(cinder, "par-a"),
    });
    const allowedTopologies = [{ matchLabelExpressions: [{ key: cinder, values: ["par-a"] }] }];
    expect(readStorageClass({ metadata, volumeBindingMode: "WaitForFirstConsumer", allowedTopologies })).toEqual({
      name: "x",
      waits: true,
      topologies: within(cinder, "par-a"),
    });
    expect(readStorageClass({ metadata, volumeBindingMode: "Immediate" })).toEqual({ name: "x", waits: false, topologies: [] });
  });

  test("a pool's zones are read", () => {
    expect(readPool({ metadata, spec: { flavor: "c2-15", availabilityZones: ["par-a"] } }).zones).toEqual(["par-a"]);
    expect(readPool({ metadata, spec: { flavor: "c2-15" } }).zones).toBeUndefined();
  });
});
