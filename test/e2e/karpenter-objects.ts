/** What the suites of Karpenter look at in its cluster. */
import { exec, type ExecOptions } from "../../local/lib/exec";

export interface Named {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
}

export const flavorLabel = "node.kubernetes.io/instance-type";
export const zoneLabel = "topology.kubernetes.io/zone";

/** @param env of the local cloud, once it runs */
export function karpenterObjects(env: () => NodeJS.ProcessEnv) {
  const kubectl = (args: readonly string[], options: ExecOptions = {}): Promise<string> =>
    exec("kubectl", ["--request-timeout=20s", ...args], { timeout: 60_000, ...options, env: env() });
  const listed = async <T extends Named>(...args: string[]): Promise<T[]> =>
    (JSON.parse(await kubectl(["get", ...args, "--output", "json"])) as { items: T[] }).items;
  const claims = (): Promise<Named[]> => listed("nodeclaims");
  return {
    kubectl,
    listed,
    claims,
    /** A label of all NodeClaims. */
    ofClaims: async (label: string): Promise<(string | undefined)[]> =>
      (await claims()).map(({ metadata }) => metadata.labels?.[label]).sort(),
    /** OVHcloud's pools that Karpenter has made. */
    pools: async (): Promise<string[]> =>
      (await listed("nodepools.kube.cloud.ovh.com")).map(({ metadata }) => metadata.name).filter((name) => name.startsWith("karpenter-")),
  };
}
