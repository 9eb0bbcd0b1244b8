import { parseResources, timesFitting } from "../../../autoscaler/state/resources";
import { type RawMeta, type RawPod } from "../../../autoscaler/state/raw";
import { readDaemonSet, readPod } from "../../../autoscaler/state/read-pods";
import { drainAnnotation, readNode, readPool } from "../../../autoscaler/state/snapshot";
import { allocatableOf } from "../../../autoscaler/node-template/flavors";
import { mayRunOn } from "../../../autoscaler/state/matching";
import { shape } from "../build";

const metadata: RawMeta = { name: "x", namespace: "batch", uid: "u", resourceVersion: "7", creationTimestamp: "2026-01-01T00:00:00Z" };
const controller = (kind: string) => ({ ...metadata, ownerReferences: [{ kind, name: "owner", uid: "o", controller: true }] });
const requesting = (cpu: string, memory = "0") => ({ resources: { requests: { cpu, memory } } });
const raw = (rest: Partial<RawPod["spec"]>, meta: RawMeta = metadata): RawPod => ({
  metadata: meta,
  spec: { containers: [requesting("100m")], ...rest },
  status: { phase: "Pending" },
});

describe("quantities", () => {
  test("a quantity that is none is told", () => {
    expect(() => parseResources({ memory: "1Zi" })).toThrow("not a Kubernetes quantity: 1Zi");
  });

  test("CPU counts in millicores, so that three times 100m is 300", () => {
    expect(parseResources({ cpu: "100m", memory: "1Ki", "nvidia.com/gpu": 1 })).toEqual({ cpu: 100, memory: 1024, "nvidia.com/gpu": 1 });
  });

  test("what a node does not offer fits no time", () => {
    expect(timesFitting({ cpu: 4000 }, { cpu: 1000, "nvidia.com/gpu": 1 })).toBe(0);
    expect(timesFitting({ cpu: -100 }, { cpu: 1000 })).toBe(0);
    expect(timesFitting({ cpu: 3999 }, { cpu: 1000, "nvidia.com/gpu": 0 })).toBe(3);
  });

  test("a b3-16 offers what OVHcloud documents: 170m, 1.59 GB and 30 GB are kept", () => {
    expect(allocatableOf({ vCPUs: 4, ram: 16, disk: 100, gpus: 0 })).toEqual({
      cpu: 3830,
      memory: 14_410e6,
      "ephemeral-storage": 70e9,
      pods: 110,
    });
  });
});

describe("pods", () => {
  test("of a priority below the cut-off are placeholders, and do not count", () => {
    const counts = (priority: number | undefined, cutoff?: number): boolean => readPod(raw({ priority }), undefined, cutoff) !== undefined;
    expect([-11, -10, 0, undefined].map((priority) => counts(priority))).toEqual([false, true, true, true]);
    expect([-11, -101].map((priority) => counts(priority, -100))).toEqual([true, false]);
  });

  test("request the sum of their containers, and count as one", () => {
    expect(readPod(raw({ containers: [requesting("100m", "1Mi"), requesting("200m")], overhead: { cpu: "5m" } }))?.shape.requests).toEqual({
      cpu: 305,
      memory: 2 ** 20,
      pods: 1,
    });
  });

  test("request what their biggest init container needs, if that is more, with the sidecars before it", () => {
    const sidecar = { ...requesting("50m"), restartPolicy: "Always" };
    expect(readPod(raw({ initContainers: [requesting("900m"), sidecar, requesting("300m")] }))?.shape.requests.cpu).toBe(900);
    expect(readPod(raw({ initContainers: [sidecar, requesting("300m")] }))?.shape.requests.cpu).toBe(350);
    expect(readPod(raw({ initContainers: [sidecar] }))?.shape.requests.cpu).toBe(150);
  });

  test("request what they say as a whole, in place of their containers' sum", () => {
    const containers = [requesting("100m", "1Mi"), requesting("200m")];
    const resources = { requests: { cpu: "4" } };
    expect(readPod(raw({ containers, resources, overhead: { cpu: "5m" } }))?.shape.requests).toEqual({
      cpu: 4005,
      memory: 2 ** 20,
      pods: 1,
    });
  });

  test("hold the host ports of their containers and sidecars, not those of containers that end before", () => {
    const on = (hostPort: number, restartPolicy?: string) => ({ ports: [{ hostPort }], ...(restartPolicy && { restartPolicy }) });
    const found = readPod(raw({ containers: [on(80)], initContainers: [on(81), on(82, "Always")] }))?.shape.requests;
    expect(found).toEqual({ pods: 1, "hostPort/TCP/80": 1, "hostPort/TCP/82": 1 });
  });

  test("that have to be spread say over what, and which pods and nodes count", () => {
    const constraint = {
      maxSkew: 1,
      topologyKey: "zone",
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: { matchLabels: { app: "x" } },
    };
    const read = (rest: object) =>
      readPod(raw({ topologySpreadConstraints: [{ ...constraint, ...rest }] }, { ...metadata, labels: { app: "x", hash: "7" } }))?.shape
        .topology;
    const app = { key: "app", operator: "In", values: ["x"] };
    const rule = { kind: "spread", key: "zone", selector: [app], namespaces: ["batch"], maxSkew: 1 };
    expect(read({ nodeAffinityPolicy: "Honor", nodeTaintsPolicy: "Ignore" })).toEqual([rule]);
    expect(read({ whenUnsatisfiable: "ScheduleAnyway" })).toBeUndefined();
    expect(read({ minDomains: 3, nodeAffinityPolicy: "Ignore", nodeTaintsPolicy: "Honor" })).toEqual([
      { ...rule, minDomains: 3, anyNode: true, honorsTaints: true },
    ]);
    expect(read({ matchLabelKeys: ["hash", "absent"] })).toEqual([
      { ...rule, selector: [app, { key: "hash", operator: "In", values: ["7"] }] },
    ]);
  });

  test("that have finished are left out", () => {
    for (const phase of ["Succeeded", "Failed"]) expect(readPod({ ...raw({}), status: { phase } })).toBeUndefined();
  });

  test("of DaemonSets and mirror pods are of no value, those of Jobs are", () => {
    expect(readPod(raw({}, controller("DaemonSet")))).toMatchObject({ isWorkload: false, job: undefined });
    expect(readPod(raw({}, { ...metadata, annotations: { "kubernetes.io/config.mirror": "x" } }))).toMatchObject({ isWorkload: false });
    expect(readPod(raw({}, controller("Job")))).toMatchObject({ isWorkload: true, job: { namespace: "batch", name: "owner", uid: "o" } });
  });

  test("say why the scheduler refuses them", () => {
    const condition = { type: "PodScheduled", status: "False", reason: "Unschedulable", message: "0/3 nodes are available" };
    const read = (rest: object) => readPod({ ...raw({}), status: { phase: "Pending", conditions: [{ ...condition, ...rest }] } });
    expect(read({})).toMatchObject({ refusal: "0/3 nodes are available" });
    expect(read({ reason: "SchedulingGated" })).not.toHaveProperty("refusal");
    expect(read({ status: "True", reason: undefined })).not.toHaveProperty("refusal");
  });

  test("that are gated or being deleted are not to be scheduled", () => {
    expect(readPod(raw({}))).toMatchObject({ schedulable: true, node: undefined });
    expect(readPod(raw({ schedulingGates: [{}] }))).toMatchObject({ schedulable: false });
    expect(readPod(raw({}, { ...metadata, deletionTimestamp: "2026-01-01T00:00:00Z" }))).toMatchObject({ schedulable: false });
  });

  test("tell for which node others were removed", () => {
    expect(readPod({ ...raw({}), status: { phase: "Pending", nominatedNodeName: "a" } })).toMatchObject({
      node: undefined,
      nominated: "a",
    });
  });

  test("of the same template have the same shape key, whatever their names", () => {
    const other = raw({}, { ...metadata, name: "y" });
    expect(readPod(raw({}))?.shape.key).toBe(readPod(other)?.shape.key);
    expect(readPod(raw({ nodeSelector: { a: "b" } }))?.shape.key).not.toBe(readPod(other)?.shape.key);
  });
});

describe("nodes", () => {
  const draining = { ...metadata, annotations: { [drainAnnotation]: "2026-01-01T00:00:05.000Z" } };

  test("are read with their pool, flavor and readiness", () => {
    const labels = { nodepool: "compute", "node.kubernetes.io/instance-type": "c2-15" };
    const status = { allocatable: { cpu: "3830m" }, conditions: [{ type: "Ready", status: "True" }] };
    expect(readNode({ metadata: { ...metadata, labels }, status })).toMatchObject({
      pool: "compute",
      flavor: "c2-15",
      ready: true,
      allocatable: { cpu: 3830 },
      cordoned: false,
    });
  });

  test("are draining since the time in the annotation, unless somebody has uncordoned them", () => {
    expect(readNode({ metadata: draining, spec: { unschedulable: true } }).drainingSince).toBe(Date.UTC(2026, 0, 1, 0, 0, 5));
    expect(readNode({ metadata: draining, spec: {} })).toMatchObject({ drainingSince: undefined, reopened: true });
  });
});

describe("pools", () => {
  test("a fresh custom resource has neither sizes nor a status", () => {
    expect(readPool({ metadata, spec: { flavor: "c2-15" } })).toMatchObject({
      desired: 0,
      min: 0,
      max: 100,
      autoscale: false,
      problem: undefined,
    });
  });

  test("with antiAffinity have at most the five nodes that OVHcloud gives them", () => {
    const maxOf = (spec: object): number => readPool({ metadata, spec: { flavor: "c2-15", ...spec } }).max;
    expect(maxOf({ antiAffinity: true })).toBe(5);
    expect(maxOf({ antiAffinity: true, maxNodes: 3 })).toBe(3);
    expect(maxOf({ antiAffinity: false, maxNodes: 30 })).toBe(30);
  });

  test("tell whether they are billed by the month, and whether their new nodes are cordoned", () => {
    expect(
      readPool({ metadata, spec: { flavor: "c2-15", monthlyBilled: true, template: { spec: { unschedulable: true } } } }),
    ).toMatchObject({
      monthly: true,
      unschedulable: true,
    });
  });

  test("a condition that tells of a quota, the stock or an error is the pool's problem", () => {
    const withCondition = (condition: object) =>
      readPool({ metadata, spec: { flavor: "c2-15" }, status: { conditions: [condition] } }).problem;
    expect(withCondition({ type: "Synced", status: "False", reason: "InsufficientVCPUsQuota", message: "12 of 12 used" })).toBe(
      "InsufficientVCPUsQuota: 12 of 12 used",
    );
    expect(withCondition({ type: "OutOfStock", status: "True" })).toBe("OutOfStock");
    expect(withCondition({ type: "OutOfStock", status: "False" })).toBeUndefined();
    expect(withCondition({ type: "Ready", status: "False", reason: "Resizing" })).toBeUndefined();
  });
});

describe("where a pod may run", () => {
  const place = { name: "n1", labels: { zone: "a", cores: "8" }, taints: [] };
  const withAffinity = (...terms: object[]) => shape(1, { nodeSelector: {}, affinity: terms });
  const expression = (key: string, operator: string, ...values: string[]) => ({ matchExpressions: [{ key, operator, values }] });

  test.each([
    [expression("zone", "In", "a", "b"), true],
    [expression("zone", "NotIn", "a"), false],
    [expression("none", "NotIn", "a"), true],
    [expression("zone", "Exists"), true],
    [expression("zone", "DoesNotExist"), false],
    [expression("cores", "Gt", "4"), true],
    [expression("cores", "Lt", "4"), false],
    [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["n1"] }] }, true],
    [{ matchFields: [{ key: "metadata.name", operator: "In", values: ["n2"] }] }, false],
    [{}, false],
  ])("affinity %j: %s", (term, expected) => expect(mayRunOn(withAffinity(term), place)).toBe(expected));

  test("one alternative of several is enough", () => {
    expect(mayRunOn(withAffinity(expression("zone", "In", "x"), expression("zone", "In", "a")), place)).toBe(true);
  });

  test("every taint that keeps pods away has to be tolerated", () => {
    const tainted = { ...place, taints: [{ key: "k", value: "v", effect: "NoSchedule" }] };
    const tolerating = (...tolerations: object[]) => mayRunOn(shape(1, { nodeSelector: {}, tolerations }), tainted);
    expect(tolerating()).toBe(false);
    expect(tolerating({ key: "k", value: "v" })).toBe(true);
    expect(tolerating({ key: "k", value: "other" })).toBe(false);
    expect(tolerating({ key: "k", operator: "Exists", effect: "NoExecute" })).toBe(false);
    expect(tolerating({ operator: "Exists" })).toBe(true);
    expect(mayRunOn(shape(1, { nodeSelector: {} }), { ...place, taints: [{ key: "k", effect: "PreferNoSchedule" }] })).toBe(true);
  });

  test("DaemonSets' pods run on cordoned and starting nodes", () => {
    const daemon = readDaemonSet({ metadata, spec: { template: { spec: { containers: [] } } } });
    expect(mayRunOn(daemon, { ...place, taints: [{ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" }] })).toBe(true);
  });
});
