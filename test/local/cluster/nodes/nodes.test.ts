import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type NodeSpec, OutOfNodesError } from "../../../../local/api/state/backends";
import { evictionDisk, evictionMemory, meminfo, mksAllocatable, nodeCapacity } from "../../../../local/cluster/nodes/capacity";
import {
  type NodeSetup,
  cniConfig,
  containerdConfig,
  containerdSocket,
  kubeletConfig,
  kubeletFlags,
  registryConfig,
} from "../../../../local/cluster/nodes/node-config";
import { kwokNodeObject, nodeLabels, nodeObject } from "../../../../local/cluster/nodes/node-object";
import { NodeRecords } from "../../../../local/cluster/nodes/node-records";
import { nodePatch, updateNode } from "../../../../local/cluster/nodes/node-update";
import { ClusterError } from "../../../../kubernetes/cluster";

const flavor = { name: "c2-15", vCPUs: 4, ram: 15, disk: 100, gpus: 0 };
const node: NodeSpec = {
  id: "id-1",
  name: "compute-node-0a1b2c",
  instanceId: "3f0c",
  poolName: "compute",
  flavor,
  region: "GRA11",
  zone: "nova",
  labels: { team: "video" },
  annotations: { note: "x" },
  taints: [{ key: "only", value: "batch", effect: "NoSchedule" }],
  unschedulable: false,
};

describe("capacity", () => {
  test("is what MKS leaves to pods of the flavor, on a machine that has it", () => {
    const { capacity, allocatable, reserved, explanation } = nodeCapacity(flavor, { cpu: 16_000, memory: 64_000, disk: 1e12 });
    // Whole pages of 4,096 bytes.
    expect(capacity).toEqual({ cpu: 4_000, memory: 15_000, disk: 99_999_997_952 });
    expect(allocatable).toEqual({ cpu: 3830, memory: 13_450, disk: expect.closeTo(70e9, -7) as number });
    expect(reserved).toEqual({ cpu: 170, memory: 1_550 - evictionMemory, disk: capacity.disk - allocatable.disk - evictionDisk });
    expect(explanation).toBe("allocatable as on c2-15 (3.83 processors, 13450 MiB, 70 GB of disk)");
  });

  test("is what MKS would leave of the machine where that is less, and says so for each resource", () => {
    const { capacity, allocatable, reserved, explanation } = nodeCapacity(flavor, { cpu: 2_000, memory: 8_000, disk: 40_960_000_000 });
    expect(capacity).toEqual({ cpu: 2_000, memory: 8_000, disk: 40_960_000_000 });
    expect(allocatable).toMatchObject({ cpu: 1840, memory: 6_450 });
    expect(reserved).toMatchObject({ cpu: 160, memory: 1_450 });
    expect(explanation).toBe(
      "this machine is smaller than c2-15: pods may have 1.84 instead of 3.83 processors, 6450 instead of 13450 MiB of memory, 21 instead of 70 GB of disk",
    );
  });

  test("is what a kubelet finds in /proc/meminfo", () => {
    const machine = "MemTotal:       24683656 kB\nMemFree:         1593404 kB\nMemAvailable:   21420736 kB\nSwapTotal:             0 kB\n";
    expect(meminfo({ cpu: 2_000, memory: 8_000, disk: 0 }, machine)).toBe(
      "MemTotal: 8192000 kB\nMemFree: 8192000 kB\nMemAvailable: 8192000 kB\nSwapTotal:             0 kB\n",
    );
  });

  test("says that GPUs are not there, and is never negative", () => {
    expect(nodeCapacity({ ...flavor, gpus: 2 }, { cpu: 16_000, memory: 64_000, disk: 1e12 }).explanation).toContain("none of its 2 GPUs");
    expect(mksAllocatable({ cpu: 100, memory: 1000, disk: 1e9 })).toEqual({ cpu: 0, memory: 0, disk: 900_000_000 });
  });
});

describe("the configuration of a node", () => {
  const setup: NodeSetup = {
    disk: "/run/mks/1/disk",
    state: "/run/mks/1/state",
    address: "10.250.0.11",
    podRange: "10.244.1.0/24",
    dnsService: "10.96.0.10",
    controlPlane: "10.250.0.2",
    clientCa: "/pki/ca.crt",
    cgroup: "/ovh-mks-batch-0/nodes/1",
    reserved: { cpu: 160, memory: 1450, disk: 25_000_000_000 },
    pauseImage: "localhost/ovh-mks-batch/pause:1",
    registry: "10.250.0.1:18082",
    cniPlugins: "/usr/lib/cni",
  };

  test("keeps everything of the node in its own folders, with sockets short enough for Linux", () => {
    const toml = containerdConfig(setup);
    expect(toml).toContain('root = "/run/mks/1/disk/containerd"');
    expect(toml).toContain('state = "/run/mks/1/state/containerd"');
    expect(toml).toContain('conf_dir = "/run/mks/1/disk/cni"');
    expect(toml).toContain('sandbox_image = "localhost/ovh-mks-batch/pause:1"');
    expect(containerdSocket(setup).length).toBeLessThan(80);
    expect(kubeletFlags(setup, "n-1")).toEqual(
      expect.arrayContaining(["--root-dir=/run/mks/1/disk/kubelet", "--hostname-override=n-1", "--node-ip=10.250.0.11"]),
    );
  });

  test("lets containerd pull from the local registry by plain HTTP", () => {
    expect(containerdConfig(setup)).toContain('config_path = "/run/mks/1/disk/registries"');
    // containerd 1.6 takes no file without a host.
    expect(registryConfig(setup)).toBe('[host."http://10.250.0.1:18082"]\n');
  });

  test("gives pods addresses of the node's own range and the cluster's DNS", () => {
    expect(JSON.stringify(cniConfig(setup))).toContain('"subnet":"10.244.1.0/24"');
    expect(kubeletConfig(setup)).toMatchObject({ clusterDNS: ["10.96.0.10"], address: "10.250.0.11" });
  });

  test("lets only the API server's clients in, and holds pods to what the node offers", () => {
    expect(kubeletConfig(setup)).toMatchObject({
      authentication: { anonymous: { enabled: false }, x509: { clientCAFile: "/pki/ca.crt" } },
      authorization: { mode: "Webhook" },
      readOnlyPort: 0,
      cgroupRoot: "/ovh-mks-batch-0/nodes/1",
      enforceNodeAllocatable: ["pods"],
      kubeReserved: { cpu: "160m", memory: "1450Mi", "ephemeral-storage": "25000000000" },
      imageGCHighThresholdPercent: 100,
    });
  });
});

describe("a Node object", () => {
  const capacity = nodeCapacity(flavor, { cpu: 2_000, memory: 8_000, disk: 1e12 });
  const input = { node, clusterId: "kube-1", address: "10.250.0.11", podRange: "10.244.1.0/24", capacity };

  test("carries what MKS puts on its nodes before any pod can see it", () => {
    expect(nodeObject(input)).toMatchObject({
      metadata: {
        name: node.name,
        labels: {
          nodepool: "compute",
          "node.k8s.ovh/type": "standard",
          "node.kubernetes.io/instance-type": "c2-15",
          "topology.kubernetes.io/region": "GRA11",
          "topology.kubernetes.io/zone": "nova",
          "topology.cinder.csi.openstack.org/zone": "nova",
          team: "video",
        },
        annotations: { note: "x", "cluster.x-k8s.io/cluster-name": "kube-1", "ovh-mks-batch.local/capacity": capacity.explanation },
      },
      spec: { providerID: "openstack:///3f0c", taints: node.taints, unschedulable: false, podCIDR: "10.244.1.0/24" },
      status: { conditions: [{ type: "Ready", status: "False" }] },
    });
  });

  // A kubelet that knows a Node without capacity refuses the pods that the scheduler gives it meanwhile: OutOfpods.
  test("has its capacity before its kubelet starts", () => {
    const quantities = { cpu: "1840m", memory: "6450Mi", pods: "110", "ephemeral-storage": String(capacity.allocatable.disk) };
    expect(nodeObject(input)).toMatchObject({
      status: { capacity: { cpu: "2000m", memory: "8000Mi", pods: "110", "ephemeral-storage": "99999997952" }, allocatable: quantities },
    });
  });

  test("does not let a template take over the pool's own labels", () => {
    const labels = nodeLabels({ ...node, labels: { nodepool: "other", "topology.kubernetes.io/zone": "moon" } });
    expect(labels).toMatchObject({ nodepool: "compute", "topology.kubernetes.io/zone": "nova" });
    expect(nodeLabels({ ...node, flavor: { ...flavor, gpus: 1 } })["node.k8s.ovh/type"]).toBe("gpu");
  });

  test("of a simulated node has the flavor's whole capacity and kwok's mark", () => {
    const simulated = {
      ...capacity,
      capacity: { cpu: 4_000, memory: 15_000, disk: 50e9 },
      allocatable: { cpu: 3830, memory: 13_450, disk: 28e9 },
    };
    expect(kwokNodeObject({ ...input, node: { ...node, flavor: { ...flavor, gpus: 1 } }, capacity: simulated })).toMatchObject({
      metadata: { labels: { "ovh-mks-batch.local/simulated": "true" }, annotations: { "kwok.x-k8s.io/node": "fake", note: "x" } },
      status: {
        capacity: { cpu: "4000m", memory: "15000Mi", pods: "110", "ephemeral-storage": "50000000000", "nvidia.com/gpu": "1" },
        allocatable: { cpu: "3830m", memory: "13450Mi", "ephemeral-storage": "28000000000", "nvidia.com/gpu": "1" },
      },
    });
  });
});

describe("a changed template", () => {
  const after: NodeSpec = { ...node, labels: { tier: "b" }, annotations: {}, taints: [{ key: "new", effect: "NoExecute" }] };

  test("changes what it said before and leaves what others said", () => {
    const notReady = { key: "node.kubernetes.io/not-ready", effect: "NoExecute" };
    const patch = nodePatch(node, after, [notReady, ...node.taints]);
    expect(patch).toMatchObject({
      metadata: { labels: { team: null, tier: "b", nodepool: "compute" }, annotations: { note: null } },
      spec: { taints: [notReady, { key: "new", effect: "NoExecute" }] },
    });
    expect(patch.spec).not.toHaveProperty("unschedulable");
    expect(nodePatch(node, { ...node, unschedulable: true }, []).spec).toMatchObject({ unschedulable: true });
  });

  test("is applied to the Node as it is by then, again after a conflict", async () => {
    const patches: unknown[] = [];
    const api = {
      find: <T>() => Promise.resolve({ metadata: { name: node.name, resourceVersion: String(patches.length) }, spec: {} } as T),
      patch: <T>(_path: string, body: unknown) => {
        patches.push(body);
        return patches.length < 3 ? Promise.reject(new ClusterError("", 409, { reason: "Conflict" })) : Promise.resolve({} as T);
      },
    };
    await updateNode(api, node, after);
    expect(patches).toHaveLength(3);
    expect(patches[2]).toMatchObject({ metadata: { resourceVersion: "2" } });
    await updateNode(api, node, { ...node });
    expect(patches).toHaveLength(3);
  });
});

describe("the records of nodes", () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "nodes-"))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const limits = { realNodes: 2, kwokNodes: 1 };
  const named = (name: string): NodeSpec => ({ ...node, name });

  test("number real nodes, then simulated ones, reuse free numbers and refuse more", () => {
    const records = new NodeRecords(folder, limits);
    expect(["a", "b", "c"].map((name) => records.claim(named(name))).map(({ kind, index }) => `${kind} ${index}`)).toEqual([
      "real 1",
      "real 2",
      "kwok 1",
    ]);
    expect(() => records.claim(named("d"))).toThrow(OutOfNodesError);
    expect(() => records.claim(named("d"))).toThrow(
      "All nodes that the local cloud's settings allow are in use (realNodes: 2, kwokNodes: 1).",
    );
    records.remove("a");
    expect(records.claim(named("d"))).toMatchObject({ kind: "real", index: 1 });
    expect(records.claim(named("b"))).toMatchObject({ kind: "real", index: 2 });
  });

  test("survive the process, a removal under way included", () => {
    const records = new NodeRecords(folder, limits);
    records.put({ ...records.claim(named("a")), stopping: true });
    records.claim(named("b"));
    records.remove("b");
    expect(new NodeRecords(folder, limits).all()).toEqual([{ node: named("a"), kind: "real", index: 1, stopping: true }]);
  });
});
