/** Deployments whose pods do nothing but ask for room. */
import { dedicatedTaint } from "../../../common/dedicated";
import { doNotDisrupt } from "../../../common/provisioner";
import type { KubeClient } from "../../../kubernetes/client";
import { unless } from "../../../kubernetes/cluster";

export interface Inflate {
  readonly name: string;
  readonly replicas: number;
  /** e.g. `250m` */
  readonly cpu: string;
  /** e.g. `512Mi` */
  readonly memory: string;
  /** Part of the pods' spec that selects their nodes. */
  readonly placement: object;
  /** Karpenter must not evict the pods. @default false */
  readonly pinned?: boolean;
  /** As evenly over the zones as can be. @default false */
  readonly acrossZones?: boolean;
}

export const namespace = "inflate";
const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;

export function deploymentOf({ name, replicas, cpu, memory, placement, pinned = false, acrossZones = false }: Inflate) {
  const labels = { app: name };
  const spread = { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: pinned ? { [doNotDisrupt]: "true" } : {} },
        spec: {
          ...placement,
          tolerations: [{ key: dedicatedTaint, operator: "Exists" }],
          topologySpreadConstraints: acrossZones ? [{ ...spread, labelSelector: { matchLabels: labels } }] : [],
          terminationGracePeriodSeconds: 0,
          securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "inflate",
              image: "docker.io/library/debian:trixie-slim",
              command: ["sleep", "infinity"],
              resources: { requests: { cpu, memory } },
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
            },
          ],
        },
      },
    },
  };
}

/** Creates the Deployments, and their namespace where there is none. */
export async function deploy(client: KubeClient, workload: readonly Inflate[]): Promise<void> {
  const create = (path: string, body: object): Promise<unknown> => unless([409], client.call({ method: "POST", path, body }));
  await create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  for (const inflate of workload) await create(deployments, deploymentOf(inflate));
}

export async function scale(client: KubeClient, name: string, replicas: number): Promise<void> {
  await client.call({ method: "PATCH", path: `${deployments}/${name}`, body: { spec: { replicas } } });
}

/** Deletes all Deployments. */
export async function clear(client: KubeClient): Promise<void> {
  await client.call({ method: "DELETE", path: deployments, query: { propagationPolicy: "Background" } });
}
