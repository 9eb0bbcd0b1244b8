import { retry } from "../../../common/retry";
import { isDeepStrictEqual } from "node:util";
import type { NodeSpec } from "../../api/state/backends";
import { ClusterError } from "../../../kubernetes/cluster";
import { type KubeApi, type KubeObject } from "../api/kube-api";
import { nodeLabels } from "./node-object";

type Taint = NodeSpec["taints"][number];

interface NodeObject extends KubeObject {
  readonly spec: { readonly taints?: readonly Taint[] };
}

/** How often a node is read anew when someone else, mostly its kubelet, changed it meanwhile. */
const tries = 10;

/** What a merge patch needs to bring `before` to `after`: null for what goes. */
function changes(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): Record<string, string | null> {
  const gone = Object.keys(before).filter((key) => !(key in after));
  return { ...Object.fromEntries(gone.map((key) => [key, null])), ...after };
}

/**
 * The patch that brings a Node from one version of its pool's template to another. Only what the template says is
 * touched: taints, labels and a cordon of others stay.
 */
export function nodePatch(before: NodeSpec, after: NodeSpec, taints: readonly Taint[]): Record<string, unknown> {
  const others = taints.filter((taint) => !before.taints.some((own) => own.key === taint.key && own.effect === taint.effect));
  const own = after.taints.filter((taint) => !others.some((other) => other.key === taint.key && other.effect === taint.effect));
  return {
    metadata: {
      labels: changes(nodeLabels(before), nodeLabels(after)),
      annotations: changes(before.annotations, after.annotations),
    },
    spec: {
      taints: [...others, ...own],
      ...(before.unschedulable === after.unschedulable ? {} : { unschedulable: after.unschedulable }),
    },
  };
}

/** Brings an existing Node object to a changed template of its pool. Does nothing when the Node has none of the changes to make. */
export async function updateNode(api: Pick<KubeApi, "find" | "patch">, before: NodeSpec, after: NodeSpec): Promise<void> {
  if (isDeepStrictEqual(before, after)) return;
  const path = `/api/v1/nodes/${after.name}`;
  const update = async (): Promise<void> => {
    const node = await api.find<NodeObject>(path);
    if (!node) return;
    const { metadata, spec } = nodePatch(before, after, node.spec.taints ?? []);
    await api.patch(path, { metadata: { ...(metadata as object), resourceVersion: node.metadata.resourceVersion }, spec });
  };
  await retry(update, { tries, pauses: () => 0, again: (error) => error instanceof ClusterError && error.status === 409 });
}
