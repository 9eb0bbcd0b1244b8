import { setMaxListeners } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { ClusterBackend, ClusterSpec, EtcdQuota, EtcdQuotas, NodeSpec } from "../api/state/backends";
import type { PoolService } from "../api/state/pools";
import type { Sandbox } from "../sandbox";
import type { Settings } from "../lib/settings";
import { bootstrap } from "./bootstrap";
import { cgroup, startControlPlane } from "./control-plane/control-plane";
import { scaleDns } from "./dns/dns";
import { EtcdClient } from "./control-plane/etcd";
import { enforceEtcdQuota } from "./control-plane/etcd-quota";
import { writeAtomically } from "../lib/files";
import { adminUser, type Identities, openIdentities } from "./control-plane/identities";
import { KubeApi } from "./api/kube-api";
import { kubeconfig } from "./control-plane/kubeconfig";
import { NodePoolSync } from "./node-pools/sync";
import { NodeRecords } from "./nodes/node-records";
import { Nodes } from "./nodes/nodes";
import type { Images, NodeParts } from "./nodes/real-node";
import { Supervisor } from "./control-plane/supervisor";
import { LoadBalancers } from "./load-balancers/load-balancers";
import { VolumeController, VolumePlugins } from "./volumes";

export interface LocalClusterOptions {
  readonly sandbox: Sandbox;
  readonly settings: Settings;
  /** Path of each tool's executable, by its name. */
  readonly tools: Readonly<Record<string, string>>;
  readonly images: Images;
  readonly pools: PoolService;
  readonly etcdQuotas: EtcdQuotas;
  /** Folder for the cluster's data. */
  readonly folder: string;
  /** Where it says what happens by itself. */
  readonly say: (text: string) => void;
}

/** What serves a cluster that is up. */
interface Parts {
  readonly nodes: Nodes;
  readonly identities: Identities;
  readonly etcd: EtcdClient;
}

/** What runs of the cluster, and how to end it. */
interface Running {
  readonly id: string;
  readonly abort: AbortController;
  readonly ready: Promise<Parts>;
}

/** The one Kubernetes cluster of a local cloud, in its sandbox. Its processes outlive this object, which adopts those that it finds. */
export class LocalCluster implements ClusterBackend {
  private running: Running | undefined;
  private supervisor: Supervisor | undefined;

  constructor(private readonly options: LocalClusterOptions) {}

  async createCluster(cluster: ClusterSpec): Promise<void> {
    const other = this.recorded();
    if (other !== undefined && other !== cluster.id) {
      throw new Error(`The local cloud can hold one cluster, and ${other} is there already: delete that one first.`);
    }
    const running = (this.running ??= this.begin(cluster.id));
    try {
      await running.ready;
    } catch (error) {
      // The next call tries again from where this one failed.
      if (this.running === running) this.stopWatching();
      throw error;
    }
  }

  async deleteCluster(clusterId: string): Promise<void> {
    if (this.recorded() !== clusterId) return;
    const { sandbox, folder } = this.options;
    await sandbox.reopen();
    const ready = this.running?.ready;
    this.stopWatching();
    await ready?.then(({ nodes }) => nodes.idle()).catch(() => undefined);
    await Promise.all([sandbox.cgroups.remove(cgroup), sandbox.cgroups.remove("nodes")]);
    for (const name of sandbox.names()) await sandbox.stop(name, 0);
    await sandbox.unmountBelow("/run/mks");
    await sandbox.run(["rm", "-rf", "/run/mks"]);
    await sandbox.resetNetwork();
    // The record goes last: as long as anything is left, the next call finds it.
    for (const name of readdirSync(folder)) {
      if (join(folder, name) !== this.recordFile) rmSync(join(folder, name), { recursive: true, force: true });
    }
    rmSync(folder, { recursive: true, force: true });
  }

  async kubeconfig(clusterId: string): Promise<string> {
    const { identities } = await this.cluster(clusterId);
    return kubeconfig(identities.server, identities.ca.cert, adminUser, identities.admin, clusterId);
  }

  async resetKubeconfig(clusterId: string): Promise<void> {
    const { identities } = await this.cluster(clusterId);
    await identities.resetAdmin();
  }

  async startNode(clusterId: string, node: NodeSpec): Promise<void> {
    const { nodes } = await this.cluster(clusterId);
    await nodes.start(node);
  }

  async stopNode(clusterId: string, nodeName: string): Promise<void> {
    if (this.recorded() !== clusterId) return;
    const { nodes } = await this.cluster(clusterId);
    await nodes.stop(nodeName);
  }

  async etcdUsage(clusterId: string, of: EtcdQuota["of"]): Promise<number> {
    const { etcd } = await this.cluster(clusterId);
    return of === "objects" ? etcd.contents() : (await etcd.status()).inUse;
  }

  /** Leaves everything running and stops looking after it, as the death of this process would. */
  close(): void {
    this.stopWatching();
  }

  private async cluster(clusterId: string): Promise<Parts> {
    if (this.recorded() !== clusterId) throw new Error(`The cluster ${clusterId} is not here.`);
    // After a restart of this process anything may be asked for before the emulator has asked for the cluster.
    return (this.running ??= this.begin(clusterId)).ready;
  }

  private stopWatching(): void {
    this.running?.abort.abort(new Error("The cluster is being stopped."));
    this.supervisor?.close();
    this.running = undefined;
    this.supervisor = undefined;
  }

  private begin(id: string): Running {
    const abort = new AbortController();
    // Each watch and each call in progress listens.
    setMaxListeners(0, abort.signal);
    const ready = this.boot(id, abort.signal);
    ready.catch(() => undefined);
    return { id, abort, ready };
  }

  /** Someone has killed the sandbox: what was in it is booted again, as after a power cut. */
  private revive(id: string): void {
    const { say } = this.options;
    if (this.running?.id !== id) return;
    say("The sandbox has ended; the cluster is booted again in a new one");
    this.stopWatching();
    const running = (this.running = this.begin(id));
    running.ready.then(
      () => say("The cluster runs again"),
      (error: unknown) => {
        say(`The cluster could not be booted again: ${error instanceof Error ? error.message : String(error)}`);
        // Whatever is asked of the cluster next tries again.
        if (this.running === running) this.stopWatching();
      },
    );
  }

  private async boot(id: string, abort: AbortSignal): Promise<Parts> {
    const { sandbox, settings, tools, images, pools, etcdQuotas, folder, say } = this.options;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeAtomically(this.recordFile, id);
    await sandbox.reopen();
    abort.throwIfAborted();
    const supervisor = (this.supervisor = new Supervisor(sandbox, say, () => this.revive(id)));
    const identities = await openIdentities(join(folder, "pki"), sandbox.addresses);
    const pem = (file: string): string => readFileSync(file, "utf8");
    const api = new KubeApi(identities.server, {
      ca: pem(identities.ca.cert),
      cert: pem(identities.operator.cert),
      key: pem(identities.operator.key),
    });
    const tool = (name: string): string => {
      const path = tools[name];
      if (!path) throw new Error(`The tool ${name} is missing.`);
      return path;
    };
    const etcdBytes = etcdQuotas.fileOf(id);
    const volumesFolder = join(folder, "volumes");
    const volumes = new VolumePlugins(sandbox, volumesFolder, abort);
    const parts: NodeParts = { sandbox, supervisor, settings, tool, identities, api, folder, etcdBytes, abort, images, volumes, say };
    await startControlPlane(parts);
    const etcd = new EtcdClient(sandbox);
    void enforceEtcdQuota({ etcd, quota: () => etcdQuotas.now(id), say }, abort);
    await bootstrap(api, sandbox.addresses, images.dnsImage, abort);
    void scaleDns(api, say, abort);
    new VolumeController({ api, clusterId: id, folder: volumesFolder, say, abort });
    new LoadBalancers({ api, sandbox, say, abort });
    const nodes = new Nodes(parts, id, new NodeRecords(join(folder, "nodes"), settings));
    nodes.restore();
    new NodePoolSync({ api, pools, clusterId: id, say }).run(abort);
    return { nodes, identities, etcd };
  }

  private get recordFile(): string {
    return join(this.options.folder, "id");
  }

  /** Id of the cluster that is here, running or to be brought up again. */
  private recorded(): string | undefined {
    return existsSync(this.recordFile) ? readFileSync(this.recordFile, "utf8") : undefined;
  }
}
