import { chmod, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { unless } from "../../../kubernetes/cluster";
import { type KubeApi, type KubeObject } from "../api/kube-api";
import { tell } from "../controllers/events";
import { keyOf, Mirror } from "../controllers/mirror";
import { WorkQueue } from "../controllers/work-queue";
import { driver } from "./classes";
import { volumeFolder } from "./folder";
import { attacherFinalizer, attaching, expansion, reclaiming, without } from "./lifecycle";
import { type Attachment, type Claim, type StorageClass, type Volume } from "./objects";
import { nodeOf, provisionerFinalizer, provisioning, withoutNode } from "./provisioning";

type Api = Pick<KubeApi, "follow" | "find" | "get" | "create" | "patch" | "delete">;

export interface ControllerParts {
  readonly api: Api;
  readonly clusterId: string;
  /** Folder of the volumes' folders. */
  readonly folder: string;
  readonly say: (text: string) => void;
  readonly abort: AbortSignal;
}

interface Node extends KubeObject {
  readonly spec: { readonly providerID?: string };
}

const storage = "/apis/storage.k8s.io/v1";
const volumesPath = "/api/v1/persistentvolumes";
const attachmentsPath = `${storage}/volumeattachments`;

/** What Cinder's driver does for a whole cluster: makes, expands and deletes volumes, and attaches them to nodes. */
export class VolumeController {
  private readonly claims: Mirror<Claim>;
  private readonly volumes: Mirror<Volume>;
  private readonly attachments: Mirror<Attachment>;
  private readonly nodes: Mirror<Node>;
  /** Names of attachments that were made, and that the cluster may not tell of yet. */
  private readonly made = new Set<string>();

  constructor(private readonly parts: ControllerParts) {
    const { api, say, abort } = parts;
    const queue = (what: string, work: (key: string) => Promise<void>) => new WorkQueue(work, (text) => say(`${what} ${text}`), abort);
    const claims = queue("claim", (key) => this.serveClaim(key));
    const volumes = queue("volume", (key) => this.reclaim(key));
    const attachments = queue("attachment", (key) => this.attach(key));
    this.claims = new Mirror(api, "/api/v1/persistentvolumeclaims", (key) => claims.add(key), abort);
    this.volumes = new Mirror(api, volumesPath, (key) => volumes.add(key), abort);
    const changed = (key: string): void => {
      attachments.add(key);
      // Whatever waits for this one: a volume that is to be deleted, or to be attached elsewhere.
      for (const one of this.volumes.all()) if (one.status?.phase !== "Bound") volumes.add(keyOf(one));
      for (const one of this.attachments.all()) if (!one.status?.attached) attachments.add(keyOf(one));
    };
    this.attachments = new Mirror(api, attachmentsPath, changed, abort);
    this.nodes = new Mirror(api, "/api/v1/nodes", () => undefined, abort);
  }

  private async serveClaim(key: string): Promise<void> {
    const claim = this.claims.get(key);
    if (!claim) return;
    if (claim.spec.volumeName) return this.expand(claim);
    await this.provision(claim);
  }

  private async provision(claim: Claim): Promise<void> {
    const { api, clusterId, folder } = this.parts;
    const { storageClassName: className } = claim.spec;
    const found = className ? await api.find<StorageClass>(`${storage}/storageclasses/${className}`) : undefined;
    const decision = provisioning(claim, found, { id: clusterId, nodes: await this.nodesFor(claim) });
    const about = { ...claim, apiVersion: "v1", kind: "PersistentVolumeClaim" };
    if (decision?.kind === "refuse") {
      await tell(api, driver, about, { type: "Warning", reason: "ProvisioningFailed", message: decision.message });
      throw new Error(decision.message);
    }
    if (decision?.kind === "reschedule") await unless([404], api.patch(pathOf(claim), withoutNode));
    if (decision?.kind !== "create") return;
    const { volume, handle } = decision;
    const lostAndFound = join(folder, handle, "lost+found");
    // A new file system is not empty, which some programs do not expect.
    await mkdir(lostAndFound, { recursive: true });
    await chmod(lostAndFound, 0o700);
    await unless([409], api.create(volumesPath, volume));
    const message = `Successfully provisioned volume ${volume.metadata.name}`;
    await tell(api, driver, about, { type: "Normal", reason: "ProvisioningSucceeded", message });
  }

  /** The scheduler may have chosen a node that is newer than what is known. */
  private async nodesFor(claim: Claim): Promise<Node[]> {
    const name = nodeOf(claim);
    if (name === undefined || this.nodes.get(name)) return this.nodes.all();
    const node = await this.parts.api.find<Node>(`/api/v1/nodes/${name}`);
    return node ? [node] : [];
  }

  private async expand(claim: Claim): Promise<void> {
    const { api } = this.parts;
    const volume = await this.volumeOf(claim.spec.volumeName);
    const needed = expansion(claim, volume);
    if (!needed || !volume) return;
    const { capacity, status } = needed;
    if (capacity) await api.patch(`${volumesPath}/${volume.metadata.name}`, { spec: { capacity: { storage: capacity } } });
    if (status) await unless([404], api.patch(`${pathOf(claim)}/status`, status));
  }

  private async reclaim(name: string): Promise<void> {
    const { api, folder } = this.parts;
    const volume = this.volumes.get(name);
    const decision = volume && reclaiming(volume, this.attachments.all());
    if (!decision) return;
    const path = `${volumesPath}/${name}`;
    if (decision === "delete") {
      const home = volumeFolder(folder, volume.spec.csi?.volumeHandle ?? "");
      if (home !== undefined) await rm(home, { recursive: true, force: true });
      await api.delete(path);
    }
    // Another version of it may be there: then it comes again.
    const now = await api.find<Volume>(path);
    if (now) await unless([404, 409], api.patch(path, without(now, provisionerFinalizer)));
  }

  private async attach(name: string): Promise<void> {
    const { api } = this.parts;
    const attachment = this.attachments.get(name);
    if (!attachment) return void this.made.delete(name);
    const volume = await this.volumeOf(attachment.spec.source.persistentVolumeName);
    const volumes = volume ? [volume] : [];
    const instanceOf = (node: string): string => (this.nodes.get(node)?.spec.providerID ?? node).replace("openstack:///", "");
    const all = this.attachments.all();
    const held = all.filter(({ metadata, status }) => status?.attached === true || this.made.has(metadata.name));
    const decision = attaching(attachment, held, volumes, instanceOf);
    if (!decision) return;
    const path = `${attachmentsPath}/${name}`;
    if (decision.kind === "detach") {
      await unless([404, 409], api.patch(path, without(attachment, attacherFinalizer)));
    } else if (decision.kind === "attach") {
      this.made.add(name);
      const finalizers = [...new Set([...(attachment.metadata.finalizers ?? []), attacherFinalizer])];
      await unless([404], api.patch(path, { metadata: { finalizers } }));
      const status = { attached: true, attachError: null, attachmentMetadata: { DevicePath: "/dev/vdb" } };
      await unless([404], api.patch(`${path}/status`, { status }));
    } else if (attachment.status?.attachError?.message !== decision.message) {
      const attachError = { time: new Date().toISOString(), message: decision.message };
      await unless([404], api.patch(`${path}/status`, { status: { attached: false, attachError } }));
    }
  }

  /** The volume may be newer than what is known. */
  private async volumeOf(name = ""): Promise<Volume | undefined> {
    return this.volumes.get(name) ?? (await this.parts.api.find<Volume>(`${volumesPath}/${name}`));
  }
}

const pathOf = ({ metadata }: KubeObject): string => `/api/v1/namespaces/${metadata.namespace}/persistentvolumeclaims/${metadata.name}`;
