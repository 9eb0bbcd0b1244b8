/**
 * Events: about Jobs, from the Job controller and from the autoscaler (why pods cannot be created, and why there are no nodes for them), and warnings about
 * pods, from the kubelet (why a pod that has a node does not start).
 */
import { type Event, type Selector } from "../../kubernetes/cluster";

export interface JobEvent {
  readonly jobUid: string;
  readonly reason: JobEventReason;
  readonly message: string;
  /** When it was last said, in milliseconds since 1970. */
  readonly at: number;
}

/** `FailedCreate` is the Job controller's; the others are the autoscaler's. */
const reasons = [
  "FailedCreate",
  "NoPoolFits",
  "PoolBlocked",
  "PoolAtMaximum",
  "BrokenNodesKept",
  "GangTooLarge",
  "NotPlaced",
  "StandingBy",
] as const;
export type JobEventReason = (typeof reasons)[number];

export const jobEventSelector: Selector = { fields: "involvedObject.kind=Job" };

/** The autoscaler says what still holds every 10 minutes; what is older is past, in milliseconds. */
export const eventLifetime = 12 * 60_000;

/** Answers undefined for an Event that does not matter. */
export function jobEventOf({ involvedObject, reason, message = "", lastTimestamp, metadata }: Event): JobEvent | undefined {
  const known = reasons.find((one) => one === reason);
  if (!known || involvedObject?.uid === undefined) return undefined;
  return { jobUid: involvedObject.uid, reason: known, message, at: Date.parse(lastTimestamp ?? metadata.creationTimestamp ?? "") };
}

/** The kubelet's word on why a pod does not start. */
export interface PodWarning {
  readonly podUid: string;
  readonly reason: string;
  readonly message: string;
  /** When it was last said, in milliseconds since 1970. */
  readonly at: number;
}

/** A pod that waits for a node has a status that says more. */
export const podWarningSelector: Selector = { fields: "involvedObject.kind=Pod,type=Warning,reason!=FailedScheduling" };

/** Answers undefined for an Event about nothing. */
export function podWarningOf({ involvedObject, reason = "", message = "", lastTimestamp, metadata }: Event): PodWarning | undefined {
  if (involvedObject?.uid === undefined) return undefined;
  const at = Date.parse(lastTimestamp ?? metadata.creationTimestamp ?? "");
  return { podUid: involvedObject.uid, reason, message: message.replace(/^\(combined from similar events\): /, ""), at };
}
