/** Tells what will never heal by waiting, so that nobody waits for it. */
import { type Cluster, ClusterError, type Node, type NodePool } from "./cluster";
import { BatchError } from "./errors";
import { type Parameters } from "./parameters";
import { parseQuantity } from "./quantity";
import { type Progress } from "./tracker";

/** Messages of a registry that has no such image or does not let us have it, whatever the container runtime. */
const hopeless = /not found|manifest unknown|does not exist|no such|denied|unauthorized|forbidden|invalid reference/i;

/** How long each fault may last, in milliseconds: an image is tried about three times in 45 s; a Secret may be on its way. */
const patience = { image: 45_000, registry: 10 * 60_000, container: 2 * 60_000 };

/** Watches over pods that wait. Only for as long as no container has started: later on it is one node's fault, not the Job's. */
export class Blockage {
  private readonly since = new Map<string, number>();

  /** Answers why the Job can never start, if so. */
  check(progress: Progress, now: number): string | undefined {
    const present = new Set<string>();
    for (const { kind, reason, message, pods } of progress.waiting) {
      if (kind !== "image" && kind !== "container") continue;
      if (reason === "InvalidImageName") return `the image reference is not valid: ${message}`;
      const limit = kind === "container" ? patience.container : hopeless.test(message) ? patience.image : patience.registry;
      present.add(kind);
      if (!this.since.has(kind)) this.since.set(kind, now);
      if (now - this.since.get(kind)! < limit) continue;
      const what = kind === "image" ? "the image cannot be pulled" : "the container cannot be created";
      return `${what} (${reason}, ${pods} ${pods === 1 ? "pod" : "pods"}): ${message}`;
    }
    for (const kind of this.since.keys()) if (!present.has(kind)) this.since.delete(kind);
    return undefined;
  }
}

/**
 * Checks that the pool exists, may have nodes, and that its nodes are large enough where there are any to see.
 * A cluster that does not tell of its pools is not asked twice: then the scheduler has the last word.
 * @throws {BatchError} when no node of the pool could ever run a task.
 */
export async function checkPool(cluster: Cluster, { pool, cpu, memory }: Parameters): Promise<void> {
  const pools = await listIfAllowed(cluster, "nodepools", {});
  if (pools && pools.length > 0) {
    const found = pools.find(({ metadata }) => metadata.name === pool);
    if (!found)
      throw new BatchError(
        `pool: there is no node pool '${pool}'; there are ${pools.map(({ metadata }) => `'${metadata.name}'`).join(", ")}`,
      );
    const { maxNodes, desiredNodes, autoscale } = found.spec;
    if (maxNodes === 0 || (autoscale === false && desiredNodes === 0 && !maxNodes)) {
      throw new BatchError(`pool: '${pool}' may have no nodes; raise its maxNodes`);
    }
  }
  const nodes = (await listIfAllowed(cluster, "nodes", { labels: `nodepool=${pool}` })) ?? [];
  const rooms = nodes.map(({ status }) => status?.allocatable ?? {});
  for (const [resource, wanted] of Object.entries({ cpu, memory })) {
    const largest = rooms.map((room) => room[resource] ?? "").sort((a, b) => (parseQuantity(b) ?? 0) - (parseQuantity(a) ?? 0))[0];
    const most = parseQuantity(largest ?? "");
    if (most !== undefined && parseQuantity(wanted)! > most) {
      throw new BatchError(
        `${resource}: ${wanted} never fits: a node of pool '${pool}' has ${largest} for pods; ask for less, or use a pool of a larger flavor`,
      );
    }
  }
}

async function listIfAllowed<K extends "nodes" | "nodepools">(
  cluster: Cluster,
  kind: K,
  selector: { labels?: string },
): Promise<(Node & NodePool)[] | undefined> {
  const objects: (Node & NodePool)[] = [];
  try {
    await cluster.list(kind, undefined, selector, (object) => objects.push(object as Node & NodePool));
    return objects;
  } catch (error) {
    if (error instanceof ClusterError && (error.status === 404 || error.status === 403)) return undefined;
    throw error;
  }
}
