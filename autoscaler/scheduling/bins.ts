import { type Bin } from "./fill";
import { type NodeTemplate, sizeOf } from "../node-template/template";
import { type Place } from "../state/matching";
import { type Node, type Resources } from "../state/model";
import { type Backoff, type ObservedTemplate } from "../state/history";
import { add, largest, take } from "../state/resources";
import { bootTimeoutOf, type CompleteRules } from "../state/rules";
import { isYoung } from "../node-template/observe";
import { type Fleet } from "../fleet/fleet";
import { type Load } from "../state/load";

const cordonTaint = "node.kubernetes.io/unschedulable";

const gpu = "nvidia.com/gpu";

export interface Knowledge {
  readonly fleet: Fleet;
  readonly load: Load;
  readonly allocatable: ReadonlyMap<string, Resources>;
  readonly observedTemplates: ReadonlyMap<string, ObservedTemplate>;
  readonly backoffs: ReadonlyMap<string, Backoff>;
  readonly rules: CompleteRules;
}

/** How long a node of the flavor takes from its order to Ready, in milliseconds. */
export function bootOf(flavor: string | undefined, { fleet, rules }: Pick<Knowledge, "fleet" | "rules">): number {
  return fleet.boots.get(flavor ?? "")?.mean ?? rules.usualBoot;
}

/**
 * A node as a bin for pending pods, or undefined when none may be placed there. One that is new is taken for what its pool's nodes become: it may
 * still lack labels and DaemonSets' pods, and have the taints of a node that starts.
 */
export function binOf(node: Node, now: number, knowledge: Knowledge, template: NodeTemplate | undefined): Bin | undefined {
  const { fleet, load, allocatable: learned, rules } = knowledge;
  if (node.cordoned && node.drainingSince === undefined) return undefined;
  const seen = fleet.observedNodes.get(node.name);
  const expected = isYoung(node, seen) ? template : undefined;
  const taints = expected?.place.taints ?? node.taints.filter(({ key }) => key !== cordonTaint || node.drainingSince === undefined);
  const place: Place = { name: node.name, labels: expected ? { ...expected.place.labels, ...node.labels } : node.labels, taints };
  const readyAt = node.ready ? now : (seen?.orderedAt ?? node.createdAt) + bootOf(node.flavor, knowledge);
  const bin = { id: node.name, pool: undefined, place, readyAt, taken: [] };
  // It tells its size once its kubelet runs.
  const allocatable = node.allocatable.cpu ? node.allocatable : sizeOf(node.flavor ?? "", learned, rules.flavors);
  if (!allocatable) return { ...bin, room: undefined };
  const used = load.used.get(node.name);
  const overhead = largest(used?.overhead ?? {}, expected?.overhead ?? {});
  const room = { ...allocatable };
  // Devices show some time after their node is Ready; until then they are taken for there, or another node would be ordered.
  const gpus = rules.flavors[node.flavor ?? ""]?.gpus ?? 0;
  const devices = { ...(gpus > 0 && { [gpu]: gpus }), ...rules.extendedResources[node.pool ?? ""] };
  const isStarting = now - node.createdAt < bootTimeoutOf(node.flavor ?? "", rules);
  for (const [name, amount] of Object.entries(devices)) if (!room[name] && isStarting) room[name] = amount;
  take(room, add(used?.workload ?? {}, overhead), 1);
  return { ...bin, room };
}
