import type { KubeApi, KubeObject } from "../api/kube-api";
import { unless } from "../../../kubernetes/cluster";

interface Pod extends KubeObject {
  readonly status: { readonly phase: string };
}

const podPath = (pod: Pod): string => `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;

/**
 * Deletes the pods of a node that is gone, as the pod garbage collector would after 40 s: first marked as failed by a
 * disruption, so that Jobs replace them without counting a failure where their policy says so.
 */
export async function deletePodsOf(api: Pick<KubeApi, "get" | "strategicPatch" | "delete">, nodeName: string): Promise<void> {
  const { items } = await api.get<{ items: Pod[] }>(`/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${nodeName}`)}`);
  await Promise.all(
    items.map(async (pod) => {
      const condition = {
        type: "DisruptionTarget",
        status: "True",
        reason: "DeletionByPodGC",
        message: `the node ${nodeName} no longer exists`,
        lastTransitionTime: new Date().toISOString(),
      };
      if (!["Succeeded", "Failed"].includes(pod.status.phase)) {
        await unless([404], api.strategicPatch(`${podPath(pod)}/status`, { status: { phase: "Failed", conditions: [condition] } }));
      }
      await api.delete(podPath(pod), { gracePeriodSeconds: 0 });
    }),
  );
}
