import { isKarpenterTemplate } from "../../../common/provisioner";
import type { Metadata } from "../../../kubernetes/cluster";
import type { PoolView } from "../../api/state/pools";
import { callProject } from "../../daemon/project";
import type { KarpenterCloud } from "./cloud";
import { readState } from "./state";

/** What there still is of Karpenter, in words: nodes, OVHcloud's node pools, definitions of its kinds. */
export async function leftovers({ client, clusterId }: Pick<KarpenterCloud, "client" | "clusterId">): Promise<string[]> {
  const { nodes } = await readState(client);
  const pools = await callProject<PoolView[]>("GET", `/kube/${clusterId}/nodepool`);
  const isOfKarpenter = ({ metadata: { name } }: { readonly metadata: Metadata }): string | undefined =>
    /\.karpenter(\.ovhcloud)?\.sh$/.test(name) ? name : undefined;
  const { items: definitions } = await client.list("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", isOfKarpenter);
  return [
    ...nodes.map(({ name }) => `node ${name}`),
    ...pools.filter(({ template }) => isKarpenterTemplate(template)).map(({ name }) => `node pool ${name}`),
    ...definitions.map((name) => `definition ${name}`),
  ];
}
