import { isObject } from "../../protocol/values";
import type { Cluster } from "../cluster/client";
import type { KubernetesObject } from "../cluster/object";
import { conditionOf, failed, loadBalancer, type Readiness, ready, statusOf, waiting } from "./state";

export function podReadiness(pod: KubernetesObject): Readiness {
  const { phase = "Pending", message } = statusOf(pod) as { phase?: string; message?: string };
  if (phase === "Succeeded" || conditionOf(pod, "Ready")?.status === "True") return ready;
  if (phase === "Failed") return failed(`the pod failed${message ? `: ${message}` : ""}`);
  const unscheduled = conditionOf(pod, "PodScheduled");
  return waiting(unscheduled?.status === "False" ? `not scheduled: ${unscheduled.message ?? ""}` : `pod ${phase}`);
}

export function jobReadiness(job: KubernetesObject): Readiness {
  const done = conditionOf(job, "Complete");
  const bad = conditionOf(job, "Failed");
  if (done?.status === "True" || (isObject(job.spec) && job.spec.suspend === true)) return ready;
  if (bad?.status === "True") return failed(`the Job failed: ${[bad.reason, bad.message].filter(Boolean).join(": ")}`);
  const { active = 0, succeeded = 0, failed: lost = 0 } = statusOf(job) as Record<string, number>;
  return waiting(`${active} pods active, ${succeeded} succeeded, ${lost} failed`);
}

/** A Service is ready once it has an address, and a pod behind it. */
export async function serviceReadiness(service: KubernetesObject, cluster: Cluster): Promise<Readiness> {
  const { type, clusterIP, selector } = service.spec as { type?: string; clusterIP?: string; selector?: object };
  if (type === "ExternalName") return ready;
  if (type === "LoadBalancer" && loadBalancer(service).state !== "ready") return loadBalancer(service);
  if (clusterIP === "None" || !isObject(selector) || Object.keys(selector).length === 0) return ready;
  const { namespace = "default", name } = service.metadata;
  const slices = await cluster.get<{ items: { endpoints?: { conditions?: { ready?: boolean } }[] | null }[] }>(
    `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
    { labelSelector: `kubernetes.io/service-name=${name}` },
  );
  const endpoints = slices.items.flatMap((slice) => slice.endpoints ?? []);
  return endpoints.some((endpoint) => endpoint.conditions?.ready !== false) ? ready : waiting("no ready pod is behind the Service");
}
