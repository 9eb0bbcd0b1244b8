/** What a Job will cost. Pure arithmetic. */
import { type Billing, billedHours } from "../../common/billing";
import { type Amounts, type Price } from "./pool";

export interface Estimate {
  /** Nodes at the same time. */
  readonly nodes: number;
  /** Of all nodes, as OVHcloud bills them. */
  readonly nodeHours: number;
  /** From the first task's start to the last one's end. */
  readonly seconds: number;
  readonly flavor: string;
  /** Without tax; undefined while no price is known. */
  readonly amount?: number;
  readonly currency?: string;
  /** Where the duration of a task comes from. */
  readonly basis: "history" | "taskSeconds";
}

export interface Workload {
  /** Tasks that ask for the same; each group is a Job of its own. */
  readonly groups: readonly { readonly tasks: number; readonly requests: Amounts }[];
  /** Tasks of a group at a time. */
  readonly parallelism?: number;
  /** How long a task takes on average, and at most. */
  readonly mean: number;
  readonly longest: number;
  readonly basis: Estimate["basis"];
}

export interface NodeKind {
  readonly flavor: string;
  readonly allocatable: Amounts;
  readonly maxNodes?: number;
  readonly price?: Price;
  /** @default perSecond */
  readonly billing?: Billing;
}

/** How many tasks fit on a node. Resources that nothing is known of do not limit. */
export function tasksPerNode(requests: Amounts, allocatable: Amounts): number {
  const fits = Object.entries({ ...requests, pods: 1 })
    .filter(([resource, amount]) => amount > 0 && allocatable[resource] !== undefined)
    .map(([resource, amount]) => Math.floor(allocatable[resource]! / amount + 1e-9));
  return Math.min(...fits, 110);
}

/**
 * Answers undefined when a task fits on no node. All nodes are taken to be there from the start to the end, so that it is rather too high than too low;
 * the time that they take to boot is left out: nobody knows it before the first boot. By the second it comes on top.
 * @param start when the first task will start; hourly bills are by the clock's hours
 */
export function estimate({ groups, parallelism, mean, longest, basis }: Workload, node: NodeKind, start: Date): Estimate | undefined {
  const sized = groups
    .filter(({ tasks }) => tasks > 0)
    .map(({ tasks, requests }) => ({
      tasks,
      perNode: tasksPerNode(requests, node.allocatable),
      slots: Math.min(tasks, parallelism ?? tasks),
    }));
  if (sized.some(({ perNode }) => perNode === 0)) return undefined;
  const wanted = Math.max(0, Math.ceil(sized.reduce((sum, { slots, perNode }) => sum + slots / perNode, 0) - 1e-9));
  const nodes = Math.min(wanted, node.maxNodes ?? wanted);
  const share = wanted > 0 ? nodes / wanted : 0;
  const seconds = Math.max(
    0,
    ...sized.map(({ tasks, slots }) => Math.max(longest, Math.ceil(tasks / Math.max(1, Math.floor(slots * share + 1e-9))) * mean)),
  );
  const { price, billing = "perSecond" } = node;
  const from = start.getTime();
  const nodeHours = nodes * billedHours(from, from + seconds * 1000, billing);
  return {
    nodes,
    nodeHours,
    seconds,
    flavor: node.flavor,
    ...(price && { amount: nodeHours * price.nodeHour, currency: price.currency }),
    basis,
  };
}
