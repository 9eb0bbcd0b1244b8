import { plural } from "../../common/text";
import { type Unplaced, type History } from "../state/history";
import { type Pod, type Snapshot } from "../state/model";
import { type Action } from "../state/action";
import { type Placement } from "../scheduling/placement";
import { aboutOf } from "./reports";
import { timesFitting } from "../state/resources";

/** How long the scheduler is given to use the room that there is, in milliseconds. */
const patience = 120_000;

/**
 * The pods that the scheduler refuses although there seems to be room for them on a node that is Ready, and has got no other pod meanwhile: there
 * is a rule that is not known here. Nobody else would tell, and no node is ordered for them, for it would likely be refused too.
 * @returns `known`: by the pods' ids, for the next decision
 */
export function unplacedPods(snapshot: Snapshot, { present }: Placement, history: History) {
  const { now } = snapshot;
  const known = new Map<string, Unplaced>();
  const overdue = new Map<string, Pod[]>();
  const nodes = new Map(snapshot.nodes.map((node) => [node.name, node] as const));
  let busy: ReadonlyMap<string, number> | undefined;
  for (const { id, taken } of present) {
    const node = nodes.get(id);
    if (!node?.ready || node.cordoned) continue;
    for (const pod of taken) {
      // A GPU that a node does not show yet is counted on here, and not by the scheduler.
      if (pod.refusal === undefined || timesFitting(node.allocatable, pod.shape.requests) === 0) continue;
      busy ??= newestPods(snapshot);
      const before = history.unplaced.get(pod.id);
      const since = before?.node === id && before.since > (busy.get(id) ?? -Infinity) ? before.since : now;
      const late = now - since >= patience;
      known.set(pod.id, { node: id, since, told: late });
      if (late && !before?.told) overdue.set(node.pool ?? "", [...(overdue.get(node.pool ?? "") ?? []), pod]);
    }
  }
  const reports = [...overdue].map(([name, pods]): Action => {
    const where = name === "" ? "nodes that are Ready" : `Ready nodes of the pool ${name}`;
    const reason = `the scheduler places ${plural(pods.length, "pod")} nowhere, though there seems to be room on ${where}: ${pods[0]!.refusal}`;
    return { type: "report", code: "NotPlaced", pool: snapshot.pools.find((pool) => pool.name === name), reason, ...aboutOf(pods) };
  });
  return { known, reports };
}

/** When each node last got a pod, in milliseconds since 1970. */
function newestPods({ now, pods }: Snapshot): Map<string, number> {
  const times = new Map<string, number>();
  for (const { node, startedAt = now } of pods) if (node !== undefined) times.set(node, Math.max(times.get(node) ?? 0, startedAt));
  return times;
}
