import { isObject, type Properties } from "../../protocol/values";
import type { Cluster } from "../cluster/client";
import type { KubernetesObject } from "../cluster/object";
import { conditionOf, statusOf } from "./state";

/** How many broken pods are described, and how many lines of each one's log. */
const maxPods = 3;
const logLines = 10;

interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: { waiting?: Reason; terminated?: Reason & { exitCode?: number } };
  readonly lastState?: { terminated?: Reason & { exitCode?: number } };
}

interface Reason {
  readonly reason?: string;
  readonly message?: string;
}

/**
 * Why an object does not get ready, in sentences: what is wrong with its pods (scheduling, images, crashes with their last log
 * lines), and its latest warnings. Never fails: where nothing can be found out, nothing is said.
 */
export async function diagnose(object: KubernetesObject, cluster: Cluster): Promise<string[]> {
  const pods = await podsOf(object, cluster).catch(() => []);
  const broken = pods
    .filter((pod) => conditionOf(pod, "Ready")?.status !== "True" && statusOf(pod).phase !== "Succeeded")
    .slice(0, maxPods);
  const described = await Promise.all(broken.map((pod) => describePod(pod, cluster).catch(() => [])));
  const warnings = await Promise.all([object, ...broken].map((one) => warningsOf(one, cluster).catch(() => [])));
  return [...described.flat(), ...warnings.flat()];
}

async function podsOf(object: KubernetesObject, cluster: Cluster): Promise<KubernetesObject[]> {
  if (object.kind === "Pod") return [object];
  const spec = isObject(object.spec) ? object.spec : {};
  const labels = isObject(spec.selector) ? (isObject(spec.selector.matchLabels) ? spec.selector.matchLabels : spec.selector) : undefined;
  if (!labels) return [];
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(",");
  const list = await cluster.get<{ items: KubernetesObject[] }>(`/api/v1/namespaces/${object.metadata.namespace ?? "default"}/pods`, {
    labelSelector,
  });
  return list.items;
}

async function describePod(pod: KubernetesObject, cluster: Cluster): Promise<string[]> {
  const { name } = pod.metadata;
  const scheduled = conditionOf(pod, "PodScheduled");
  if (scheduled?.status === "False") return [`pod ${name} is not scheduled: ${scheduled.message ?? scheduled.reason ?? ""}`];
  const status = statusOf(pod);
  const statuses = [status.initContainerStatuses, status.containerStatuses].flatMap((list) =>
    Array.isArray(list) ? (list as ContainerStatus[]) : [],
  );
  const lines = await Promise.all(statuses.filter((one) => !one.ready).map((one) => describeContainer(pod, one, cluster)));
  return lines.flat();
}

async function describeContainer(pod: KubernetesObject, container: ContainerStatus, cluster: Cluster): Promise<string[]> {
  const { waiting, terminated } = container.state ?? {};
  const ended = terminated ?? container.lastState?.terminated;
  const reasons = [
    waiting && [waiting.reason, waiting.message].filter(Boolean).join(": "),
    ended &&
      `ended with exit code ${ended.exitCode ?? "?"}${ended.reason ? ` (${ended.reason})` : ""}${ended.message ? `: ${ended.message.trim()}` : ""}`,
  ].filter(Boolean);
  if (reasons.length === 0) return [];
  const said = `pod ${pod.metadata.name}, container ${container.name}: ${reasons.join("; ")}`;
  if (!ended) return [said];
  const path = `/api/v1/namespaces/${pod.metadata.namespace ?? "default"}/pods/${pod.metadata.name}/log`;
  const query = { container: container.name, tailLines: String(logLines), ...(terminated ? {} : { previous: "true" }) };
  const log = await cluster.text("GET", path, { query }).catch(() => "");
  return log.trim() ? [said, `its last log lines:\n${log.trimEnd()}`] : [said];
}

async function warningsOf(object: KubernetesObject, cluster: Cluster): Promise<string[]> {
  const { namespace, uid, name } = object.metadata;
  if (namespace === undefined) return [];
  const fieldSelector = `involvedObject.uid=${uid},type=Warning`;
  const list = await cluster.get<{ items: (Properties & Reason)[] }>(`/api/v1/namespaces/${namespace}/events`, { fieldSelector });
  const texts = list.items.map((event) => `${object.kind ?? "Pod"} ${name}: ${event.reason}: ${event.message}`);
  return [...new Set(texts)].slice(-3);
}
