import { driver } from "../../../../local/cluster/volumes/classes";
import { volumeFolder } from "../../../../local/cluster/volumes/folder";
import { attacherFinalizer, attaching, expansion, reclaiming } from "../../../../local/cluster/volumes/lifecycle";
import { type Attachment, type Claim, type Volume } from "../../../../local/cluster/volumes/objects";
import { provisionerFinalizer } from "../../../../local/cluster/volumes/provisioning";

const handle = "0a1b2c3d-0000-4000-8000-000000000001";
const deletionTimestamp = "2026-01-01T00:00:00Z";
const volume = (changes: Partial<Volume["spec"]> = {}, phase = "Bound", metadata: Partial<Volume["metadata"]> = {}): Volume => ({
  metadata: { name: "pv", finalizers: [provisionerFinalizer], ...metadata },
  spec: { capacity: { storage: "3Gi" }, persistentVolumeReclaimPolicy: "Delete", csi: { driver, volumeHandle: handle }, ...changes },
  status: { phase },
});
const attachment = (nodeName: string, status?: Attachment["status"], metadata: Partial<Attachment["metadata"]> = {}): Attachment => ({
  metadata: { name: `to-${nodeName}`, ...metadata },
  spec: { attacher: driver, nodeName, source: { persistentVolumeName: "pv" } },
  status,
});

describe("reclaiming", () => {
  test("a released volume goes with what is in it", () => expect(reclaiming(volume({}, "Released"), [])).toBe("delete"));
  test("not while a node has it", () => expect(reclaiming(volume({}, "Released"), [attachment("a")])).toBeUndefined());
  test("not while it is bound, though it be deleted", () =>
    expect(
      reclaiming(volume({}, "Bound", { deletionTimestamp, finalizers: [provisionerFinalizer, "kubernetes.io/pv-protection"] }), []),
    ).toBeUndefined());
  test("one that is to be kept is kept, and only its object goes", () => {
    const kept = { persistentVolumeReclaimPolicy: "Retain" };
    expect(reclaiming(volume(kept, "Released"), [])).toBeUndefined();
    expect(reclaiming(volume(kept, "Released", { deletionTimestamp }), [])).toBe("forget");
  });
  test("another driver's is none of ours", () =>
    expect(reclaiming(volume({ csi: { driver: "nfs", volumeHandle: handle } }, "Released"), [])).toBeUndefined());
  test("no id leads out of the folder", () => {
    expect(volumeFolder("/volumes", handle)).toBe(`/volumes/${handle}`);
    for (const id of ["..", "../../etc", "", `${handle}/..`]) expect(volumeFolder("/volumes", id)).toBeUndefined();
  });
});

describe("expansion", () => {
  const claim = (storage: string, status: Claim["status"] = { phase: "Bound", capacity: { storage: "3Gi" } }): Claim => ({
    metadata: { name: "data", namespace: "team" },
    spec: { volumeName: "pv", resources: { requests: { storage } } },
    status,
  });
  test("nothing for a claim that has what it asks for", () => expect(expansion(claim("2500Mi"), volume())).toBeUndefined());
  test("the volume grows by whole GiB, and its node is to finish it", () =>
    expect(expansion(claim("4500Mi"), volume())).toMatchObject({
      capacity: "5Gi",
      status: { status: { allocatedResources: { storage: "4500Mi" }, allocatedResourceStatuses: { storage: "NodeResizePending" } } },
    }));
  test("one that was cut off goes on", () => {
    expect(expansion(claim("5Gi"), volume({ capacity: { storage: "5Gi" } }))).not.toHaveProperty("capacity");
    const told = { phase: "Bound", capacity: { storage: "3Gi" }, allocatedResources: { storage: "5Gi" } };
    expect(expansion(claim("5Gi", told), volume({ capacity: { storage: "5Gi" } }))).toEqual({});
  });
});

describe("attaching", () => {
  const instance = (node: string): string => `id-of-${node}`;
  const free = (one: Attachment, held: Attachment[] = []) => attaching(one, held, [volume()], instance);
  test("a free volume is attached", () => expect(free(attachment("a"))).toEqual({ kind: "attach" }));
  test("one that another node has is refused in the words of Cinder's driver", () =>
    expect(free(attachment("b"), [attachment("a", { attached: true })])).toEqual({
      kind: "refuse",
      message: `rpc error: code = Internal desc = [ControllerPublishVolume] Attach Volume failed with error disk ${handle} is attached to a different instance (id-of-a)`,
    }));
  test("a volume that is not there is refused", () =>
    expect(attaching(attachment("a"), [], [], instance)).toMatchObject({
      kind: "refuse",
      message: expect.stringContaining("NotFound") as string,
    }));
  test("an attachment that is deleted is undone once", () => {
    expect(free(attachment("a", { attached: true }, { deletionTimestamp, finalizers: [attacherFinalizer] }))).toEqual({ kind: "detach" });
    expect(free(attachment("a", { attached: true }, { deletionTimestamp, finalizers: ["other"] }))).toBeUndefined();
  });
  test("one that is made stays", () => expect(free(attachment("a", { attached: true }))).toBeUndefined());
});
