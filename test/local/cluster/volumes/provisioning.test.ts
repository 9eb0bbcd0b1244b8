import { driver, storageManifests, zoneLabel } from "../../../../local/cluster/volumes/classes";
import { type Claim, type StorageClass } from "../../../../local/cluster/volumes/objects";
import { type Cluster, gibibytes, provisioning } from "../../../../local/cluster/volumes/provisioning";

const uid = "0a1b2c3d-0000-4000-8000-000000000001";
const node = (name: string, zone = "nova") => ({ metadata: { name, labels: { [zoneLabel]: zone } } });
const cluster: Cluster = { id: "abcdef-1234", nodes: [node("node-a", "par-a"), node("node-b", "par-b")] };
const fast: StorageClass = {
  metadata: { name: "fast" },
  provisioner: driver,
  parameters: { fsType: "ext4", type: "high-speed" },
  reclaimPolicy: "Delete",
  volumeBindingMode: "WaitForFirstConsumer",
};

function claim(annotations: Record<string, string> = {}, spec: Partial<Claim["spec"]> = {}): Claim {
  return {
    metadata: { name: "data", namespace: "team", uid, annotations: { "volume.kubernetes.io/storage-provisioner": driver, ...annotations } },
    spec: { storageClassName: "fast", accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "10Gi" } }, ...spec },
    status: { phase: "Pending" },
  };
}
const on = (name: string) => ({ "volume.kubernetes.io/selected-node": name });

test.each([
  ["1", 1],
  ["1Gi", 1],
  ["1025Mi", 2],
  ["10G", 10],
  [undefined, 1],
])("a claim of %s gets %d GiB", (storage, size) => expect(gibibytes(storage)).toBe(size));

test("a claim without a pod waits for one", () => expect(provisioning(claim(), fast, cluster)).toBeUndefined());

test("the volume is in the zone of the pod's node, with OVHcloud's name, and bound to the claim alone", () => {
  const found = provisioning(claim(on("node-b")), fast, cluster);
  expect(found).toMatchObject({
    kind: "create",
    handle: uid,
    volume: {
      metadata: { name: `ovh-managed-kubernetes-abcdef-pvc-${uid}`, annotations: { "pv.kubernetes.io/provisioned-by": driver } },
      spec: {
        capacity: { storage: "10Gi" },
        persistentVolumeReclaimPolicy: "Delete",
        claimRef: { namespace: "team", name: "data", uid },
        csi: { driver, volumeHandle: uid, fsType: "ext4" },
        nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: zoneLabel, operator: "In", values: ["par-b"] }] }] } },
      },
    },
  });
});

test("a node that is gone is taken back: the scheduler chooses another", () =>
  expect(provisioning(claim(on("node-c")), fast, cluster)).toEqual({ kind: "reschedule" }));

test.each<[string, Claim, StorageClass | undefined]>([
  ["is bound already", claim(on("node-a"), { volumeName: "pv" }), fast],
  ["names no class", claim(on("node-a")), undefined],
  ["is another driver's", claim(on("node-a")), { ...fast, provisioner: "other" }],
  ["is being deleted", { ...claim(), metadata: { ...claim(on("node-a")).metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } }, fast],
])("nothing is made for a claim that %s", (_, which, its) => expect(provisioning(which, its, cluster)).toBeUndefined());

test("what Cinder does not have is refused in its words", () => {
  const unknown = provisioning(claim(on("node-a")), { ...fast, parameters: { type: "fastest" } }, cluster);
  expect(unknown).toMatchObject({
    kind: "refuse",
    message: expect.stringMatching(/StorageClass "fast".*type with name fastest/) as string,
  });
  const block = provisioning(claim(on("node-a"), { volumeMode: "Block" }), fast, cluster);
  expect(block).toMatchObject({ kind: "refuse", message: expect.stringContaining("Block") as string });
});

test("a class that does not wait is served at once, in the zone that it allows", () => {
  const allowedTopologies = [{ matchLabelExpressions: [{ key: zoneLabel, values: ["par-c"] }] }];
  const found = provisioning(claim(), { ...fast, volumeBindingMode: "Immediate", allowedTopologies }, cluster);
  expect(JSON.stringify(found)).toContain('"values":["par-c"]');
});

test("there is one default class, and all of them wait, grow and delete", () => {
  const classes = storageManifests().filter(({ body }) => body.kind === "StorageClass");
  expect(classes.map(({ body }) => body.metadata.name)).toEqual([
    "csi-cinder-high-speed",
    "csi-cinder-high-speed-gen2",
    "csi-cinder-classic",
  ]);
  expect(classes.filter(({ body }) => JSON.stringify(body.metadata.annotations).includes("is-default-class"))).toHaveLength(1);
  for (const { body } of classes)
    expect(body).toMatchObject({ volumeBindingMode: "WaitForFirstConsumer", allowVolumeExpansion: true, reclaimPolicy: "Delete" });
});
