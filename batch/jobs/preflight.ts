/** Looks before a launch for what would keep every task from ever starting, as far as the API server lets us read it. All faults are told at once. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Cluster } from "../../kubernetes/cluster";
import { parseQuantity } from "../../common/quantity";
import { gpuResource, type PoolFacts } from "../cost";
import { BatchError } from "../../common/errors";
import { diskOf } from "./manifest/pod";
import { type Parameters } from "../spec";
import { missingReferences } from "./references";

/** How long a launch waits for the catalogue to tell the size of a flavor of which there is no node, in milliseconds. */
const catalogPatience = 3_000;

export interface PoolSource {
  /** What the cluster tells of the pool. */
  facts(): Promise<PoolFacts>;
  /** The same, with what OVHcloud's catalogue tells of its flavor. */
  priced(): Promise<PoolFacts>;
}

/**
 * @param memories that the tasks ask for: the `memory` parameter, and more for those that were killed for it
 * @param cluster where to look for what the pods name; undefined: whoever submitted the Job has, and the batch controller may not read Secrets
 * @throws {BatchError} when no task could ever start
 */
export async function preflight(
  cluster: Cluster | undefined,
  parameters: Parameters,
  memories: readonly string[],
  source: PoolSource,
): Promise<void> {
  const faults = await Promise.all([poolFaults(parameters, memories, source), cluster ? missingReferences(cluster, parameters) : []]);
  if (faults.flat().length > 0) throw new BatchError(faults.flat().join("\n"));
}

async function poolFaults(parameters: Parameters, memories: readonly string[], source: PoolSource): Promise<string[]> {
  const { pool, provisioner, gpu } = parameters;
  const facts = await source.facts();
  // A cluster that does not tell of its pools is not asked twice: then the scheduler has the last word.
  if (facts.pools && !facts.pools.includes(pool)) {
    const there = facts.pools.length > 0 ? `there are ${facts.pools.map((name) => `'${name}'`).join(", ")}` : "there is none";
    return [`pool: there is no node pool '${pool}'${provisioner === "karpenter" ? " of Karpenter's" : ""}; ${there}`];
  }
  if (facts.maxNodes === 0) return [`pool: '${pool}' may have no nodes; raise its maxNodes`];
  const enough = facts.seen && (gpu === 0 || facts.allocatable?.[gpuResource] !== undefined);
  const more = enough ? undefined : await Promise.race([source.priced(), sleep(catalogPatience, undefined, { ref: false })]);
  return sizeFaults(parameters, memories, more ?? facts);
}

function sizeFaults(parameters: Parameters, memories: readonly string[], { allocatable = {}, seen, flavor }: PoolFacts): string[] {
  const { pool, cpu, gpu, extendedResources } = parameters;
  const wanted: readonly (readonly [property: string, resource: string, quantity: string])[] = [
    ["cpu", "cpu", cpu],
    ...[...new Set(memories)].map((memory) => ["memory", "memory", memory] as const),
    ["ephemeralStorage", "ephemeral-storage", diskOf(parameters)],
    ["gpu", gpuResource, String(gpu)],
    ...Object.entries(extendedResources).map(([name, amount]) => [`extendedResources.${name}`, name, String(amount)] as const),
  ];
  const node = seen ? `a node of pool '${pool}'` : `a node of pool '${pool}' (${flavor})`;
  return wanted.flatMap(([property, resource, text]) => {
    const most = allocatable[resource];
    if (most === undefined || amountOf(text) <= most) return [];
    return [
      `${property}: ${text} never fits: ${node} has ${inUnitOf(text, most)} for pods; ask for less, or use a pool of a larger flavor`,
    ];
  });
}

const amountOf = (quantity: string): number => parseQuantity(quantity)!.milliValue / 1000;

/** An amount in the unit in which it was asked for, rounded down. */
function inUnitOf(text: string, amount: number): string {
  const [unit = ""] = /[A-Za-z]+$/.exec(text) ?? [];
  const factor = amountOf(`1${unit}`);
  return `${Math.floor((amount / factor) * 100 + 1e-6) / 100}${unit}`;
}
