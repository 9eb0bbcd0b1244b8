import { type ObjectReference } from "../../service/events";
import { type JobRef, type PodRef, type Pool } from "../state/model";

/** A decision about a burst may concern thousands of Jobs, or pods; up to this many of each get an Event of their own. */
const most = 20;

/** The objects that get Events of a decision: the pool, the Jobs and the pods of no Job that it concerns. */
export const involved = (pool: Pool | undefined, jobs: readonly JobRef[] = [], pods: readonly PodRef[] = []): ObjectReference[] => [
  ...(pool ? [{ apiVersion: "kube.cloud.ovh.com/v1alpha1", kind: "NodePool", name: pool.name, uid: pool.uid }] : []),
  ...jobs.slice(0, most).map((job) => ({ apiVersion: "batch/v1", kind: "Job", ...job })),
  ...pods.slice(0, most).map((pod) => ({ apiVersion: "v1", kind: "Pod", ...pod })),
];
