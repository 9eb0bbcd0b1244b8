/**
 * Nodes: real ones with a kubelet and containerd, simulated ones beyond them.
 * Imports `control-plane/`.
 */
import type { NodeSpec } from "../../api/state/backends";
import { flavorResources, mksAllocatable, type NodeCapacity } from "./capacity";
import { kubeProxy } from "../control-plane/control-plane";
import { unless } from "../../../kubernetes/cluster";
import { kwok } from "./kwok";
import { bootingCondition, kwokNodeObject, nodeObject } from "./node-object";
import { type NodeRecord, type NodeRecords } from "./node-records";
import { updateNode } from "./node-update";
import { NodeWatch } from "./node-watch";
import { deletePodsOf } from "./pods";
import { type NodeParts, capacityOf, isBooted, killRealNode, removeRealNode, restartKubelet, startRealNode } from "./real-node";

/** Milliseconds for a node to become Ready. */
const readyTimeout = 180_000;

/** The nodes of a running cluster. Starting, stopping and mending one node happen one after the other, of different nodes at the same time. */
export class Nodes {
  private readonly watch: NodeWatch;
  private readonly queues = new Map<string, Promise<unknown>>();
  /** Ends the starts in progress of nodes that are being stopped. */
  private readonly starts = new Map<string, AbortController>();

  constructor(
    private readonly parts: NodeParts,
    private readonly clusterId: string,
    private readonly records: NodeRecords,
  ) {
    this.watch = new NodeWatch(parts.api, (name) => this.mend(name), parts.abort);
  }

  /** Takes up all the nodes on record where an earlier process left them; a failure is said and tried again when the emulator asks. */
  restore(): void {
    for (const { node, stopping } of this.records.all()) {
      const work = stopping ? this.stop(node.name) : this.start(node);
      work.catch((error: unknown) => {
        const isRemoved = !stopping && this.records.get(node.name)?.stopping !== false;
        if (!isRemoved) this.say(`node ${node.name} could not be ${stopping ? "stopped" : "restored"}`, error);
      });
    }
  }

  /** Boots a node and resolves when it is Ready; one that is already only takes over a changed template. @throws {OutOfNodesError} */
  async start(node: NodeSpec): Promise<void> {
    this.records.claim(node);
    await this.enqueue(node.name, async () => {
      const known = this.records.get(node.name);
      if (known?.stopping !== false) throw new Error(`The node ${node.name} is being removed.`);
      await updateNode(this.parts.api, known.node, node);
      const record = this.records.put({ ...known, node });
      const stop = new AbortController();
      this.starts.set(node.name, stop);
      const abort = AbortSignal.any([this.parts.abort, stop.signal]);
      try {
        await this.boot(record, abort);
        const fault = await this.watch.waitReady(node.name, readyTimeout, abort);
        if (fault) throw new Error(`The node ${node.name} was not Ready within ${readyTimeout / 1000} s: ${fault}`);
      } finally {
        this.starts.delete(node.name);
      }
    });
  }

  /** Stops a node and removes all of it, its pods included; does nothing for one that does not exist. */
  async stop(name: string): Promise<void> {
    const record = this.records.get(name);
    if (!record) return;
    this.records.put({ ...record, stopping: true });
    this.starts.get(name)?.abort(new Error(`The node ${name} is being removed.`));
    await this.enqueue(name, async () => {
      if (record.kind === "real") await killRealNode(this.parts, record);
      await deletePodsOf(this.parts.api, name);
      await this.parts.api.delete(`/api/v1/nodes/${name}`);
      // A pod may have been bound to the node between the two.
      await deletePodsOf(this.parts.api, name);
      if (record.kind === "real") await removeRealNode(this.parts, record);
      this.records.remove(name);
    });
  }

  private async boot(record: NodeRecord, abort: AbortSignal): Promise<void> {
    const { supervisor } = this.parts;
    await this.register(record);
    if (record.kind === "kwok") {
      await supervisor.add(kwok(this.parts));
      return;
    }
    await Promise.all([
      supervisor.add(kubeProxy(this.parts, () => this.proxyNode(record))),
      startRealNode({ ...this.parts, abort }, record),
    ]);
  }

  /** Creates the Node object. One that is there stays as it is, but is not Ready before the node has booted again. */
  private async register(record: NodeRecord): Promise<void> {
    const { node, index, kind } = record;
    const { addresses } = this.parts.sandbox;
    const common = { node, clusterId: this.clusterId };
    const object =
      kind === "real"
        ? nodeObject({
            ...common,
            capacity: capacityOf(this.parts, record),
            address: addresses.node(index),
            podRange: addresses.podRange(index),
          })
        : kwokNodeObject({ ...common, capacity: simulatedCapacity(node), address: addresses.controlPlane });
    const created = await unless([409], this.parts.api.create("/api/v1/nodes", object));
    if (created || kind === "kwok" || isBooted(this.parts, record)) return;
    await this.parts.api.strategicPatch(`/api/v1/nodes/${node.name}/status`, { status: { conditions: [bootingCondition] } });
  }

  /** kube-proxy may be started anew when its first node is long gone. */
  private proxyNode(first: NodeRecord): string {
    return (this.records.get(first.node.name) ?? this.records.all().find((r) => r.kind === "real") ?? first).node.name;
  }

  /** Someone deleted the Node object of a node that still exists: OVHcloud installs the node again, so does this. */
  private mend(name: string): void {
    const record = this.records.get(name);
    if (!record || record.stopping || this.parts.abort.aborted) return;
    this.enqueue(name, async () => {
      if (this.records.get(name)?.stopping !== false) return;
      this.parts.say(`node ${name}: its Node object was deleted; it is registered again`);
      await this.register(record);
      if (record.kind === "real") await restartKubelet(this.parts, record);
    }).catch((error: unknown) => this.say(`node ${name} could not be registered again`, error));
  }

  /** Resolves when nothing is being done to any node; after an abort that is soon. */
  async idle(): Promise<void> {
    while (this.queues.size > 0) await Promise.all(this.queues.values());
  }

  /** Work that the end of the cluster cut off has not failed. */
  private say(text: string, error: unknown): void {
    if (!this.parts.abort.aborted) this.parts.say(`${text}: ${error instanceof Error ? error.message : String(error)}`);
  }

  private enqueue<T>(name: string, work: () => Promise<T>): Promise<T> {
    const result = (this.queues.get(name) ?? Promise.resolve()).then(work);
    const settled = result.catch(() => undefined);
    this.queues.set(name, settled);
    void settled.then(() => this.queues.get(name) === settled && this.queues.delete(name));
    return result;
  }
}

function simulatedCapacity(node: NodeSpec): NodeCapacity {
  return {
    capacity: flavorResources(node.flavor),
    allocatable: mksAllocatable(flavorResources(node.flavor)),
    reserved: { cpu: 0, memory: 0, disk: 0 },
    explanation: `simulated by kwok with the capacity of ${node.flavor.name}; its pods run nothing`,
  };
}
