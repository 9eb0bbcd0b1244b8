/** The parameters that a Job was launched with, and what has changed of them since. Pure. */
import { type Job } from "../../../kubernetes/cluster";
import { annotations } from "./marks";
import { type Parameters } from "../../spec";

/** What a Job lets change while it is at work, by its field. @see https://kubernetes.io/docs/concepts/workloads/controllers/job/ */
export const inPlace = {
  parallelism: "parallelism",
  maxFailedTasks: "maxFailedIndexes",
  deadlineSeconds: "activeDeadlineSeconds",
} as const;

/** What a Job's pods are made of, once for all. */
const fixed = [
  "cpu",
  "memory",
  "ephemeralStorage",
  "gpu",
  "extendedResources",
  "pool",
  "provisioner",
  "nodeAffinity",
  "tolerations",
  "priorityClass",
  "minAvailable",
  "retries",
  "finalExitCodes",
  "taskDeadlineSeconds",
  "volumes",
  "fsGroup",
  "imagePullSecrets",
  "serviceAccount",
  "runAsUser",
  "readOnlyRootFilesystem",
  "labels",
] as const satisfies readonly (keyof Parameters)[];

type Name = keyof typeof inPlace | (typeof fixed)[number];
const names: readonly Name[] = [...(Object.keys(inPlace) as (keyof typeof inPlace)[]), ...fixed];

/** The parameters that a Job was launched with, as far as they can change; as an annotation of it. */
export const launchedWith = (parameters: Parameters): string =>
  JSON.stringify(Object.fromEntries(names.map((name) => [name, parameters[name]])));

/** A value as text, whatever the order of its keys. */
const show = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  ) ?? "none";

export interface Change {
  readonly name: Name;
  /** e.g. `imagePullSecrets: [] → ["registry"]` */
  readonly text: string;
}

/**
 * What becomes of changes of a Job at work: they are applied as it goes on, or the Job is made anew with them, as nothing of it runs, or it goes on as it was
 * launched, and they count for what runs later.
 */
export type Effect = "in place" | "anew" | "later";

/** @param running how many of the Job's pods run */
export const effectOf = (changes: readonly Change[], running: number): Effect =>
  changes.every(({ name }) => name in inPlace) ? "in place" : running > 0 ? "later" : "anew";

/** The image that a Job was launched with. */
export const imageOf = ({ spec }: Pick<Job, "spec">): string | undefined => spec.template?.spec?.containers?.[0]?.image;

/** What has changed since a Job was launched; nothing is known of one that an earlier version launched. */
export function changesOf({ metadata }: Pick<Job, "metadata">, parameters: Parameters): Change[] {
  const text = metadata.annotations?.[annotations.parameters];
  if (text === undefined) return [];
  // Earlier versions had no extended resources, and the autoscaler alone.
  const before = { extendedResources: {}, provisioner: "autoscaler", ...(JSON.parse(text) as Partial<Record<Name, unknown>>) };
  return names
    .filter((name) => name !== "memory" || !parameters.outOfMemory)
    .filter((name) => show(before[name]) !== show(parameters[name]))
    .map((name) => ({ name, text: `${name}: ${show(before[name])} → ${show(parameters[name])}` }));
}
