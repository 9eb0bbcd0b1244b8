import { isObject, type Properties } from "../../protocol/values";
import type { Cluster } from "../cluster/client";
import type { KubernetesObject } from "../cluster/object";
import { conditionOf, failed, loadBalancer, type Readiness, ready, statusOf, waiting } from "./state";
import { jobReadiness, podReadiness, serviceReadiness } from "./workloads";

type Check = (object: KubernetesObject, cluster: Cluster) => Readiness | Promise<Readiness>;

/** The kinds that are waited for; all others are ready once the server has them. */
const checks: Readonly<Record<string, Check>> = {
  "apps/v1/Deployment": deployment,
  "apps/v1/DaemonSet": daemonSet,
  "apps/v1/StatefulSet": statefulSet,
  "apps/v1/ReplicaSet": replicas,
  "v1/ReplicationController": replicas,
  "v1/Pod": podReadiness,
  "batch/v1/Job": jobReadiness,
  "v1/Service": serviceReadiness,
  "v1/PersistentVolumeClaim": claim,
  "v1/PersistentVolume": (object) => phase(object, ["Available", "Bound"], "Failed"),
  "v1/Namespace": (object) => phase(object, ["Active"]),
  "v1/ResourceQuota": (object) => (statusOf(object).hard === undefined ? waiting("waiting for the quota to be counted") : ready),
  "v1/Secret": (object) =>
    object.type === "kubernetes.io/service-account-token" && !isObject(object.data) ? waiting("waiting for the token") : ready,
  "networking.k8s.io/v1/Ingress": loadBalancer,
  "apiextensions.k8s.io/v1/CustomResourceDefinition": (object) => conditionReady(object, "Established"),
  "apiregistration.k8s.io/v1/APIService": (object) => conditionReady(object, "Available"),
};

export async function readiness(object: KubernetesObject, cluster: Cluster): Promise<Readiness> {
  const check = checks[`${object.apiVersion}/${object.kind}`];
  return check ? check(object, cluster) : ready;
}

const specOf = (object: Properties): Properties => (isObject(object.spec) ? object.spec : {});
const count = (value: unknown, missing = 0): number => (typeof value === "number" ? value : missing);

/** The controller has not looked at the last change yet: its status is of the change before. */
const stale = (object: KubernetesObject): boolean => count(statusOf(object).observedGeneration) < (object.metadata.generation ?? 0);

function deployment(object: KubernetesObject): Readiness {
  if (stale(object)) return waiting("waiting for the controller to see the change");
  const progressing = conditionOf(object, "Progressing");
  if (progressing?.reason === "ProgressDeadlineExceeded")
    return failed(progressing.message ?? "the Deployment exceeded its progress deadline");
  const failure = conditionOf(object, "ReplicaFailure");
  const status = statusOf(object);
  const wanted = count(specOf(object).replicas, 1);
  if (count(status.updatedReplicas) === wanted && count(status.availableReplicas) === wanted && count(status.replicas) === wanted)
    return ready;
  const progress = `${count(status.availableReplicas)} of ${wanted} pods available, ${count(status.updatedReplicas)} up to date`;
  return waiting(failure?.status === "True" ? `${progress}: ${failure.message ?? ""}` : progress);
}

function daemonSet(object: KubernetesObject): Readiness {
  if (stale(object)) return waiting("waiting for the controller to see the change");
  const status = statusOf(object);
  const wanted = count(status.desiredNumberScheduled);
  if (count(status.updatedNumberScheduled) >= wanted && count(status.numberAvailable) >= wanted) return ready;
  return waiting(`${count(status.numberAvailable)} of ${wanted} pods available, ${count(status.updatedNumberScheduled)} up to date`);
}

function statefulSet(object: KubernetesObject): Readiness {
  if (stale(object)) return waiting("waiting for the controller to see the change");
  const status = statusOf(object);
  const wanted = count(specOf(object).replicas, 1);
  const rolled = status.updateRevision === undefined || status.currentRevision === status.updateRevision;
  if (rolled && count(status.readyReplicas) === wanted && count(status.replicas) === wanted) return ready;
  return waiting(`${count(status.readyReplicas)} of ${wanted} pods ready${rolled ? "" : `, ${count(status.updatedReplicas)} up to date`}`);
}

function replicas(object: KubernetesObject): Readiness {
  const wanted = count(specOf(object).replicas, 1);
  const now = count(statusOf(object).readyReplicas);
  return !stale(object) && now === wanted ? ready : waiting(`${now} of ${wanted} pods ready`);
}

async function claim(object: KubernetesObject, cluster: Cluster): Promise<Readiness> {
  const name = specOf(object).storageClassName;
  if (statusOf(object).phase === "Pending" && typeof name === "string" && name !== "") {
    const storageClass = await cluster.find<{ volumeBindingMode?: string }>(
      `/apis/storage.k8s.io/v1/storageclasses/${encodeURIComponent(name)}`,
    );
    // Its volume is made for the first pod that uses it, which may depend on this claim in the program.
    if (storageClass?.volumeBindingMode === "WaitForFirstConsumer") return ready;
  }
  return phase(object, ["Bound"], "Lost");
}

function phase(object: KubernetesObject, good: readonly string[], bad?: string): Readiness {
  const now = (statusOf(object).phase ?? "unknown") as string;
  if (good.includes(now)) return ready;
  return now === bad ? failed(`phase ${now}`) : waiting(`phase ${now}, waiting for ${good.join(" or ")}`);
}

function conditionReady(object: KubernetesObject, type: string): Readiness {
  const condition = conditionOf(object, type);
  if (condition?.status === "True") return ready;
  return waiting(`waiting for the condition ${type}${condition?.message ? `: ${condition.message}` : ""}`);
}
