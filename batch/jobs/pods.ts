/** Reading pods: how an attempt went, and what a pod is waiting for. */
import { type Pod } from "../../kubernetes/cluster";
import { failureReason, terminationOf, toldBy } from "./outcome";
import { intern } from "../../common/intern";
import { type Attempt, type Output } from "../records";
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
  /** Whether its volumes are mounted and its sandbox is there: what is left is the image, and the program. */
  readonly prepared?: true;
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
  const phase = intern(status.phase ?? "Pending") as PodView["phase"];
  const node = shared(pod.spec?.nodeName);
  const identity = {
    uid: metadata.uid ?? "",
    name: metadata.name,
    jobUid: intern(jobUid),
    index: Number(index),
    phase,
    ...defined({ node }),
  };
  if (phase === "Succeeded" || phase === "Failed") {
    if (phase === "Failed") return { ...identity, attempt: attemptOf(pod) };
    const { outputs, ...told } = toldBy(pod);
    return { ...identity, attempt: { ...attemptOf(pod), ...told }, outputs };
  }
  const started = { ...identity, ...defined({ start: status.startTime }) };
  if (phase !== "Pending") return started;
  const prepared = status.conditions?.some(({ type, status }) => type === "PodReadyToStartContainers" && status === "True");
  return { ...started, waiting: waitingOf(pod), ...(prepared && { prepared: true as const }) };
}

function attemptOf(pod: Pod): Attempt {
  const { metadata, spec, status } = pod;
  const end = terminationOf(pod);
  const reason = status?.phase === "Failed" ? failureReason(pod) : undefined;
  return {
    pod: metadata.name,
    ...defined({
      node: shared(spec?.nodeName),
      start: end?.startedAt ?? status?.startTime ?? metadata.creationTimestamp,
      end: end?.finishedAt ?? status?.conditions?.map(({ lastTransitionTime }) => lastTransitionTime).findLast(Boolean),
      exitCode: end?.exitCode,
      image: ranImage(pod),
      reason,
      outOfMemory: status?.phase === "Failed" && end?.reason === "OOMKilled" ? (true as const) : undefined,
    }),
  };
}

/** The image with the digest that the kubelet tells. One that came from no registry has none. */
function ranImage({ spec, status }: Pod): string | undefined {
  const [digest] = /@sha256:[0-9a-f]{64}$/.exec(status?.containerStatuses?.[0]?.imageID ?? "") ?? [];
  const image = spec?.containers?.[0]?.image;
  return shared(digest && image && (image.includes("@") ? image : `${image}${digest}`));
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

function waitingOf(pod: Pod): Waiting {
  const { kind, reason, message } = whyWaiting(pod);
  return { kind, reason: intern(reason), message: intern(message) };
}

function whyWaiting({ spec, status }: Pod): Waiting {
  const unscheduled = status?.conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False");
  if (unscheduled) return { kind: "node", ...explainUnschedulable(unscheduled.message ?? "") };
  const { reason = "", message = "" } = status?.containerStatuses?.[0]?.state?.waiting ?? {};
  if (imageReasons.has(reason)) return { kind: "image", ...pullFault(reason, message) };
  if (containerReasons.has(reason)) return { kind: "container", reason, message };
  return { kind: spec?.nodeName ? "start" : "node", reason, message };
}

/** Between two tries the kubelet says "Back-off pulling image …: ErrImagePull: " before the fault; it is the same fault. */
function pullFault(reason: string, message: string): { reason: string; message: string } {
  const [, first, words] = /^Back-off pulling image "[^"]*": (\w+): (.*)$/s.exec(message) ?? [];
  return first !== undefined && words !== undefined && imageReasons.has(first) ? { reason: first, message: words } : { reason, message };
}

const shared = (text: string | undefined): string | undefined => (text ? intern(text) : undefined);

const defined = <T extends object>(values: T): T =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
