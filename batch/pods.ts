/** Reading pods: how an attempt went, and what a pod is waiting for. */
import { type Pod, type PodSpec } from "./cluster";
import { type Attempt, type Output } from "./records";
import { explainUnschedulable } from "./scheduling";

/** As much of a pod as is kept in memory; there may be tens of thousands. */
export interface PodView {
  readonly uid: string;
  readonly name: string;
  readonly jobUid: string;
  readonly index: number;
  readonly phase: "Pending" | "Running" | "Succeeded" | "Failed";
  readonly node?: string;
  /** When it was started; ISO 8601 in UTC. */
  readonly start?: string;
  /** What keeps it from running. */
  readonly waiting?: Waiting;
  /** Once it has ended. */
  readonly attempt?: Attempt;
  readonly outputs?: readonly Output[];
}

export interface Waiting {
  /** For what: to be created, for a node, for its image, for its container to be set up, or to start. */
  readonly kind: "creation" | "node" | "image" | "container" | "start";
  readonly reason: string;
  readonly message: string;
}

/** Answers undefined for a pod that belongs to no Indexed Job. */
export function viewPod(pod: Pod): PodView | undefined {
  const { metadata, status = {} } = pod;
  const jobUid = metadata.labels?.["batch.kubernetes.io/controller-uid"];
  const index = metadata.annotations?.["batch.kubernetes.io/job-completion-index"];
  if (jobUid === undefined || index === undefined) return undefined;
  const phase = (status.phase ?? "Pending") as PodView["phase"];
  const { nodeName: node } = pod.spec ?? {};
  const identity = { uid: metadata.uid ?? "", name: metadata.name, jobUid, index: Number(index), phase, ...defined({ node }) };
  if (phase === "Succeeded" || phase === "Failed") {
    return { ...identity, attempt: attemptOf(pod), ...(phase === "Succeeded" && { outputs: outputsOf(pod) }) };
  }
  const started = { ...identity, ...defined({ start: status.startTime }) };
  return phase === "Pending" ? { ...started, waiting: waitingOf(pod) } : started;
}

const terminated = (pod: Pod) => pod.status?.containerStatuses?.[0]?.state?.terminated;

/** How much memory the task's container may use. */
export const memoryOf = (spec: PodSpec | undefined): string | undefined => spec?.containers?.[0]?.resources?.limits?.memory;

function attemptOf(pod: Pod): Attempt {
  const { metadata, spec, status } = pod;
  const end = terminated(pod);
  const reason = status?.phase === "Failed" ? failureReason(pod) : undefined;
  return {
    pod: metadata.name,
    ...defined({
      node: spec?.nodeName,
      start: end?.startedAt ?? status?.startTime ?? metadata.creationTimestamp,
      end: end?.finishedAt ?? status?.conditions?.map(({ lastTransitionTime }) => lastTransitionTime).findLast(Boolean),
      exitCode: end?.exitCode,
      reason,
      outOfMemory: status?.phase === "Failed" && end?.reason === "OOMKilled" ? (true as const) : undefined,
    }),
  };
}

function failureReason(pod: Pod): string {
  const { spec, status = {} } = pod;
  const end = terminated(pod);
  const disruption = status.conditions?.find(({ type, status }) => type === "DisruptionTarget" && status === "True");
  if (disruption) return `${disruption.reason ?? "disrupted"}: ${disruption.message ?? "the node was taken away"}`;
  const said = end?.message?.trim();
  if (end?.reason === "OOMKilled") {
    const memory = memoryOf(spec);
    return `OOMKilled: used more than its memory${memory === undefined ? "" : ` (${memory})`}`;
  }
  // The program's own words are its last line, whatever else it printed.
  if (said) return said.split("\n").at(-1)!;
  if (status.reason) return [status.reason, status.message].filter(Boolean).join(": ");
  return end ? `exit status ${end.exitCode}` : "the pod failed without a reason";
}

/** A program tells its outputs in /dev/termination-log as `{"outputs": [{"key", "bytes"}]}`; anything else is none of our concern. */
function outputsOf(pod: Pod): Output[] {
  try {
    const { outputs } = JSON.parse(terminated(pod)?.message ?? "") as { outputs?: Partial<Output>[] };
    return (outputs ?? []).flatMap(({ key, bytes }) => (typeof key === "string" && typeof bytes === "number" ? [{ key, bytes }] : []));
  } catch {
    return [];
  }
}

const imageReasons = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "ImageInspectError",
  "RegistryUnavailable",
]);
const containerReasons = new Set(["CreateContainerConfigError", "CreateContainerError", "RunContainerError"]);

function waitingOf({ spec, status }: Pod): Waiting {
  const unscheduled = status?.conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (unscheduled) return { kind: "node", ...explainUnschedulable(unscheduled.message ?? "") };
  const { reason = "", message = "" } = status?.containerStatuses?.[0]?.state?.waiting ?? {};
  if (imageReasons.has(reason)) return { kind: "image", reason, message };
  if (containerReasons.has(reason)) return { kind: "container", reason, message };
  return { kind: spec?.nodeName ? "start" : "node", reason, message };
}

const defined = <T extends object>(values: T): T =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
