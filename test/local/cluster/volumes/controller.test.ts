import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Follower } from "../../../../kubernetes/follow";
import { type KubeObject } from "../../../../local/cluster/api/kube-api";
import { driver, zoneLabel } from "../../../../local/cluster/volumes/classes";
import { VolumeController } from "../../../../local/cluster/volumes/controller";
import { waitUntil } from "../../../../local/lib/wait";

const uid = "0a1b2c3d-0000-4000-8000-000000000001";
const volumeName = `ovh-managed-kubernetes-abcdef-pvc-${uid}`;
const paths = {
  claims: "/api/v1/persistentvolumeclaims",
  volumes: "/api/v1/persistentvolumes",
  attachments: "/apis/storage.k8s.io/v1/volumeattachments",
  nodes: "/api/v1/nodes",
};
type Kind = keyof typeof paths;

/** An API server that keeps what is created, and notes all else. */
class FakeApi {
  readonly followers = new Map<string, Follower<never>>();
  readonly objects = new Map<string, KubeObject>();
  readonly calls: string[] = [];

  follow(path: string, follower: Follower<never>): Promise<void> {
    this.followers.set(path, follower);
    return Promise.resolve();
  }
  find<T>(path: string): Promise<T | undefined> {
    return Promise.resolve(this.objects.get(path) as T | undefined);
  }
  get<T>(path: string): Promise<T> {
    return Promise.reject(new Error(`${path} was not to be read`));
  }
  create<T>(path: string, body: unknown): Promise<T> {
    const { metadata } = body as KubeObject;
    if (path.endsWith("/events")) this.calls.push(`event ${(body as { reason: string }).reason}`);
    else this.objects.set(`${path}/${metadata.name}`, body as KubeObject);
    return Promise.resolve(body as T);
  }
  patch<T>(path: string, body: unknown): Promise<T> {
    this.calls.push(`patch ${path.split("/").slice(-2).join("/")} ${JSON.stringify(body)}`);
    return Promise.resolve({} as T);
  }
  delete(path: string): Promise<void> {
    this.calls.push(`delete ${path.split("/").pop()}`);
    return Promise.resolve(void this.objects.delete(path));
  }
  /** What a watch tells. */
  set(kind: Kind, object: object): void {
    this.followers.get(paths[kind])!.set(object as never);
  }
}

let folder: string;
let api: FakeApi;
let abort: AbortController;
let said: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "volumes-"));
  [api, abort, said] = [new FakeApi(), new AbortController(), []];
  api.objects.set("/apis/storage.k8s.io/v1/storageclasses/fast", {
    metadata: { name: "fast" },
    provisioner: driver,
    volumeBindingMode: "WaitForFirstConsumer",
  } as KubeObject);
  new VolumeController({ api, clusterId: "abcdef-1", folder, say: (text) => said.push(text), abort: abort.signal });
  api.set("nodes", { metadata: { name: "a", labels: { [zoneLabel]: "par-a" } }, spec: { providerID: "openstack:///id-of-a" } });
});
afterEach(() => {
  abort.abort();
  rmSync(folder, { recursive: true });
});

const claim = (changes: object = {}, annotations: object = {}) => ({
  metadata: {
    name: "data",
    namespace: "team",
    uid,
    annotations: { "volume.kubernetes.io/storage-provisioner": driver, "volume.kubernetes.io/selected-node": "a", ...annotations },
  },
  spec: { storageClassName: "fast", resources: { requests: { storage: "1Gi" } }, ...changes },
  status: { phase: "Pending" },
});
/** The names of attachments that are told to be made. */
const attached = (): string[] => api.calls.flatMap((call) => (call.includes('"attached":true') ? call.split(/[ /]/)[1]! : []));
const calls = async (count: number): Promise<string[]> => {
  await waitUntil(() => api.calls.length >= count, 5_000);
  return api.calls;
};

test("a claim gets a folder and a volume, whose file system is as if it were new", async () => {
  api.set("claims", claim());
  expect(await calls(1)).toEqual(["event ProvisioningSucceeded"]);
  expect(readdirSync(join(folder, uid))).toEqual(["lost+found"]);
  expect(api.objects.get(`${paths.volumes}/${volumeName}`)).toMatchObject({ spec: { csi: { volumeHandle: uid } } });
});

test("a node that only the API server knows yet is found; one that is gone is taken back", async () => {
  api.objects.set(`${paths.nodes}/new`, { metadata: { name: "new", labels: { [zoneLabel]: "par-c" } } });
  api.set("claims", claim({}, { "volume.kubernetes.io/selected-node": "new" }));
  await calls(1);
  expect(JSON.stringify(api.objects.get(`${paths.volumes}/${volumeName}`))).toContain("par-c");
  api.set("claims", claim({}, { "volume.kubernetes.io/selected-node": "gone" }));
  expect((await calls(2))[1]).toBe(
    'patch persistentvolumeclaims/data {"metadata":{"annotations":{"volume.kubernetes.io/selected-node":null}}}',
  );
});

test("what cannot be made is told to the claim", async () => {
  api.set("claims", claim({ volumeMode: "Block" }));
  expect(await calls(1)).toEqual(["event ProvisioningFailed"]);
  await waitUntil(() => said.length > 0, 5_000);
  expect(said[0]).toMatch(/^claim team\/data: failed to provision volume .*Block/);
});

test("a claim that grows while its volume is not known yet, as after a restart, gets what it asks for", async () => {
  api.objects.set(`${paths.volumes}/pv`, {
    metadata: { name: "pv" },
    spec: { csi: { driver }, capacity: { storage: "1Gi" } },
  } as unknown as KubeObject);
  const grown = claim({ volumeName: "pv", resources: { requests: { storage: "5Gi" } } });
  api.set("claims", { ...grown, status: { phase: "Bound", capacity: { storage: "1Gi" } } });
  expect((await calls(1))[0]).toBe('patch persistentvolumes/pv {"spec":{"capacity":{"storage":"5Gi"}}}');
});

test("two nodes ask for one volume at once: one gets it, the other is told why not, until the first lets go", async () => {
  api.set("volumes", { metadata: { name: "pv" }, spec: { csi: { driver, volumeHandle: uid } }, status: { phase: "Bound" } });
  const attachment = (nodeName: string, more: object = {}) => ({
    metadata: { name: `to-${nodeName}`, ...more },
    spec: { attacher: driver, nodeName, source: { persistentVolumeName: "pv" } },
  });
  api.set("attachments", attachment("a"));
  api.set("attachments", attachment("b"));
  const made = await calls(3);
  // It may be told more than once, as long as the cluster does not show it.
  expect([...new Set(attached())]).toEqual(["to-a"]);
  expect(made.find((call) => call.includes("to-b/status"))).toMatch(/is attached to a different instance \(id-of-a\)/);
  const gone = attachment("a", { deletionTimestamp: "2026-01-01T00:00:00Z", finalizers: ["external-attacher/cinder-csi-openstack-org"] });
  api.set("attachments", gone);
  await waitUntil(
    () => api.calls.some((call) => call.startsWith("patch volumeattachments/to-a") && call.includes('"finalizers":[]')),
    5_000,
  );
  api.followers.get(paths.attachments)!.remove(gone as never);
  await waitUntil(() => attached().at(-1) === "to-b", 5_000);
  expect([...new Set(attached())]).toEqual(["to-a", "to-b"]);
});

test("a released volume goes with its folder; one with an id of another kind touches no folder", async () => {
  api.set("claims", claim());
  await calls(1);
  const released = (handle: string, name = volumeName) => ({
    metadata: { name, finalizers: [] },
    spec: { persistentVolumeReclaimPolicy: "Delete", csi: { driver, volumeHandle: handle } },
    status: { phase: "Released" },
  });
  api.set("volumes", released("..", "forged"));
  await waitUntil(() => api.calls.includes("delete forged"), 5_000);
  expect(existsSync(join(folder, uid))).toBe(true);
  api.set("volumes", released(uid));
  await waitUntil(() => api.calls.includes(`delete ${volumeName}`), 5_000);
  expect(readdirSync(folder)).toEqual([]);
});
