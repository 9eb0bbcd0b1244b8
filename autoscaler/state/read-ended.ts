/** What pods tell that have ended. */
import { type EndedPod } from "./model";
import { type RawPod } from "./raw";

/** Annotation of a pod: a batch controller records its end. */
const recordedByAnnotation = "batch.ovh-mks/recorded-by";

/** A controller records an end within seconds, and deletes the pod: after this time it is not there, or cannot. Milliseconds. */
const longestRecording = 60_000;

/** Kubernetes takes it off once the Job's status has the end; off a failed pod that its Job tries again, once there is another pod. */
const trackingFinalizer = "batch.kubernetes.io/job-tracking";

/** A pod that has ended as decisions see it; undefined for any other, and once everybody has taken note of it. */
export function readEnded(pod: RawPod): EndedPod | undefined {
  const { metadata, spec, status } = pod;
  if (status?.phase !== "Succeeded" && status?.phase !== "Failed") return undefined;
  const job = metadata.ownerReferences?.find(({ controller, kind }) => controller && kind === "Job");
  const jobUid = metadata.finalizers?.includes(trackingFinalizer) ? job?.uid : undefined;
  const end = endOf(pod);
  // A controller deletes what it has recorded.
  const recorded = metadata.annotations?.[recordedByAnnotation] !== "controller" || metadata.deletionTimestamp !== undefined;
  const holds = recorded || !spec.nodeName || end === undefined ? undefined : { node: spec.nodeName, until: end + longestRecording };
  return jobUid || holds ? { ...(jobUid && { jobUid }), ...(holds && { holds }) } : undefined;
}

/** When the last container of a pod ended, in milliseconds since 1970; undefined when none tells. */
function endOf({ status }: RawPod): number | undefined {
  const ends = (status?.containerStatuses ?? []).map(({ state }) => Date.parse(state?.terminated?.finishedAt ?? ""));
  const end = Math.max(...ends);
  return Number.isFinite(end) ? end : undefined;
}

/** How long a pod ran that has succeeded, in milliseconds; undefined for any other. */
export function runTime(pod: RawPod): number | undefined {
  const { status } = pod;
  if (status?.phase !== "Succeeded") return undefined;
  const time = (endOf(pod) ?? NaN) - Date.parse(status.startTime ?? "");
  return time >= 0 ? time : undefined;
}

/** Whether a pod ended since a container of it used more than its memory. */
export const wasOutOfMemory = ({ status }: RawPod): boolean =>
  status?.containerStatuses?.some(({ state }) => state?.terminated?.reason === "OOMKilled") ?? false;
