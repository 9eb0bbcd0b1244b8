/** Karpenter on a local cloud with one real node, for the programs of the system; all others are simulated. */
import { KubeClient } from "../../../kubernetes/client";
import { patient } from "../../../kubernetes/connect";
import { readKubeconfig } from "../../../kubernetes/kubeconfig";
import { simulatedLabel } from "../../cluster/nodes/node-object";
import { paths } from "../../lib/paths";
import type { Progress } from "../../lib/progress";
import { startCloud } from "../cloud";

export interface KarpenterCloud {
  readonly client: KubeClient;
  readonly clusterId: string;
  /** Updates the stack. @param karpenter settings of Karpenter besides the local cloud's */
  readonly up: (karpenter: Record<string, unknown>) => Promise<unknown>;
}

const karpenterKey = "ovh-mks-batch:karpenter";
const poolsKey = "ovh-mks-batch:pools";

/** Simulated nodes have a label that OVHcloud's do not have, and Karpenter has to know it beforehand (karpenter/README.md). Their pods are cheap: nodes may go all at once. */
export const nodePool = {
  families: ["b3", "c3"],
  labels: { [simulatedLabel]: "true" },
  disruption: { consolidateAfterSeconds: 25, budgets: [{ nodes: "100%" }] },
};

/**
 * Brings the local cloud up with Karpenter and a node pool `batch`, and does nothing where it is up.
 *
 * @param flags settings of the local cloud
 * @param fixedPools node pools of the stack, by name
 */
export async function startKarpenterCloud(
  progress: Progress,
  flags: Record<string, unknown>,
  fixedPools: Record<string, object> = {},
): Promise<KarpenterCloud> {
  const cloud = await startCloud(progress, { kwokNodes: 100, ...flags, realNodes: 1, karpenter: "on" });
  const given = cloud.overrides[poolsKey] as Record<string, object> | undefined;
  const pools = { ...given, ...fixedPools, system: { ...given?.system, maxNodes: 1 } };
  const up = (karpenter: Record<string, unknown>) =>
    cloud.up({ [poolsKey]: pools, [karpenterKey]: { ...(cloud.overrides[karpenterKey] as object), ...karpenter } });
  const { outputs } = await progress.step("pulumi up", () => up({ nodePools: { batch: nodePool } }));
  return { client: new KubeClient(readKubeconfig(paths.kubeconfig), patient), clusterId: outputs.clusterId!.value as string, up };
}
