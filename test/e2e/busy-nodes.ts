/** Plain Jobs of one pod each that keep a node busy until they are deleted, and what became of their pods and of the pool. */
import { until } from "./until";
import { imageReference } from "../../local/images";
import { exec } from "../../local/lib/exec";
import { paths } from "../../local/lib/paths";

/** A NodePool as its resource in the cluster has it. */
export interface PoolState {
  readonly spec: {
    readonly desiredNodes: number;
    readonly minNodes: number;
    readonly maxNodes: number;
    readonly template: {
      readonly metadata: { readonly labels: Record<string, string> };
      readonly spec: { readonly taints: readonly { readonly key: string }[] };
    };
  };
  readonly metadata: { readonly managedFields: readonly { readonly manager: string; readonly fieldsV1: { readonly "f:spec"?: object } }[] };
}

export class BusyNodes {
  constructor(private readonly kubectl: string) {}

  /** Makes Jobs, each of which needs most of a node of the pool `compute`, and waits until their pods run. */
  async start(...names: string[]): Promise<void> {
    for (const name of names) await this.run(["apply", "-f", "-"], JSON.stringify(job(name)));
    await this.until(
      `${names.join(", ")} run`,
      async () => (await this.pods()).filter(({ phase }) => phase === "Running").length === names.length,
    );
  }

  /** Ends one of them: its node is idle then. */
  async end(name: string): Promise<void> {
    await this.run(["delete", "job", name, "-n", "batch", "--wait=true"]);
  }

  /** The Jobs' pods. */
  async pods(): Promise<{ uid: string; phase: string; node: string }[]> {
    const { items } = JSON.parse(await this.run(["get", "pods", "-n", "batch", "-l", "busy=yes", "-o", "json"])) as {
      items: { metadata: { uid: string }; status: { phase: string }; spec: { nodeName?: string } }[];
    };
    return items.map(({ metadata, status, spec }) => ({ uid: metadata.uid, phase: status.phase, node: spec.nodeName ?? "" }));
  }

  async pool(): Promise<PoolState> {
    return JSON.parse(
      await this.run(["get", "nodepools.kube.cloud.ovh.com", "compute", "-o", "json", "--show-managed-fields"]),
    ) as PoolState;
  }

  /** Labels of the pool's nodes, one for each. */
  async nodeLabels(): Promise<Record<string, string>[]> {
    const { items } = JSON.parse(await this.run(["get", "nodes", "-l", "nodepool=compute", "-o", "json"])) as {
      items: { metadata: { labels: Record<string, string> } }[];
    };
    return items.map(({ metadata }) => metadata.labels);
  }

  /** @throws when it does not hold within 3 minutes */
  async until(what: string, check: () => Promise<boolean>): Promise<void> {
    await until(what, check);
  }

  private run(args: readonly string[], input?: string): Promise<string> {
    return exec(this.kubectl, ["--kubeconfig", paths.kubeconfig, ...args], { input });
  }
}

function job(name: string): object {
  const container = {
    name: "busy",
    image: imageReference("autoscaler"),
    command: ["sleep", "1000"],
    resources: { requests: { cpu: "1200m" }, limits: { memory: "64Mi" } },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
  };
  const spec = {
    restartPolicy: "Never",
    terminationGracePeriodSeconds: 0,
    automountServiceAccountToken: false,
    nodeSelector: { nodepool: "compute" },
    securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
    containers: [container],
  };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace: "batch" },
    spec: { backoffLimit: 0, template: { metadata: { labels: { busy: "yes" } }, spec } },
  };
}
