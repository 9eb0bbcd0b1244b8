/** What KEDA says of a queue: its ScaledJob's conditions, and the Event that tells why a trigger fails. */
import { type Cluster, type Event, type ScaledJob } from "../../../kubernetes/cluster";
import { isWatch } from "../../jobs/manifest/scaled-job";

export interface ScalerState {
  /** Types of the triggers, e.g. `postgresql`. */
  readonly triggers: readonly string[];
  readonly maxReplicas?: number;
  readonly pollingSeconds?: number;
  /** `failing`: a trigger cannot be asked. `unknown`: KEDA has not looked at it yet, as where there is none. */
  readonly status: "ready" | "failing" | "paused" | "unknown";
  /** Whether there are items. */
  readonly active: boolean;
  /** Why it fails. */
  readonly message?: string;
}

/** Reasons of the Events that tell more than the condition. ScaledJobCheckFailed, which follows them, says no more. */
const telling: readonly (string | undefined)[] = ["KEDAScalerFailed", "KEDAJobCreateFailed"];

export async function scalerState(cluster: Cluster, { metadata, spec, status }: ScaledJob): Promise<ScalerState> {
  const is = (type: string) => status?.conditions?.find((one) => one.type === type);
  const ready = is("Ready");
  const failing = ready !== undefined && ready.status !== "True" && (ready.status === "False" || ready.reason === "PartialTriggerError");
  const { name, namespace, uid } = metadata;
  return {
    triggers: spec.triggers?.flatMap((trigger) => (isWatch(trigger) ? [] : (trigger.type ?? []))) ?? [],
    maxReplicas: spec.maxReplicaCount,
    pollingSeconds: spec.pollingInterval,
    status: failing ? "failing" : is("Paused")?.status === "True" ? "paused" : ready?.status === "True" ? "ready" : "unknown",
    active: is("Active")?.status === "True",
    ...(failing && { message: (await lastFailure(cluster, namespace, name, uid)) ?? ready.message }),
  };
}

/** The condition says only that a trigger does not work. Events only explain, and may be kept from us. */
async function lastFailure(
  cluster: Cluster,
  namespace: string | undefined,
  name: string,
  uid: string | undefined,
): Promise<string | undefined> {
  const selector = { fields: `involvedObject.kind=ScaledJob,involvedObject.name=${name},type=Warning` };
  try {
    const { items } = await cluster.list("events", namespace, selector, (event) => (telling.includes(event.reason) ? event : undefined));
    const own = items.filter(({ involvedObject }) => uid === undefined || involvedObject?.uid === uid);
    // The drivers of databases and brokers tell each address that they tried on a line of its own.
    return own
      .sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1))
      .at(-1)
      ?.message?.replaceAll(/\s+/g, " ");
  } catch {
    return undefined;
  }
}

const timeOf = ({ series, lastTimestamp, eventTime, metadata }: Event): string =>
  series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? "";
