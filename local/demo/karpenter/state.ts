/** What is in the cluster at one moment: the pods of the workload, and Karpenter's nodes. */
import { doNotDisrupt, poolLabels } from "../../../common/provisioner";
import type { KubeClient } from "../../../kubernetes/client";
import type { Metadata, Pod as RawPod } from "../../../kubernetes/cluster";
import { namespace } from "./workload";

export interface Pod {
  readonly uid: string;
  /** Undefined while it waits for one. */
  readonly node: string | undefined;
  readonly running: boolean;
  readonly leaving: boolean;
  /** Karpenter must not evict it. */
  readonly pinned: boolean;
}

export interface Node {
  readonly uid: string;
  readonly name: string;
  readonly flavor: string;
  readonly zone: string;
  readonly leaving: boolean;
}

export interface State {
  readonly pods: readonly Pod[];
  readonly nodes: readonly Node[];
}

const identity = ({ uid = "", deletionTimestamp }: Metadata) => ({ uid, leaving: deletionTimestamp !== undefined });

export const podOf = ({ metadata, spec, status }: RawPod): Pod => ({
  ...identity(metadata),
  node: spec?.nodeName,
  running: status?.phase === "Running",
  pinned: metadata.annotations?.[doNotDisrupt] === "true",
});

export function nodeOf({ metadata }: { readonly metadata: Metadata }): Node {
  const label = (name: string): string => metadata.labels?.[name] ?? "";
  return {
    ...identity(metadata),
    name: metadata.name,
    flavor: label("node.kubernetes.io/instance-type"),
    zone: label("topology.kubernetes.io/zone"),
  };
}

export async function readState(client: KubeClient): Promise<State> {
  const query = { labelSelector: poolLabels.karpenter };
  const [pods, nodes] = await Promise.all([
    client.list(`/api/v1/namespaces/${namespace}/pods`, podOf),
    client.list("/api/v1/nodes", nodeOf, { query }),
  ]);
  return { pods: pods.items, nodes: nodes.items };
}
