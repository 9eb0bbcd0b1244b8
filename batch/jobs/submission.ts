/**
 * What a client asks of the batch controller: a ConfigMap beside the Jobs. Only those who may launch Jobs can create one, and it has the digest of the parameters
 * in the bucket, so that whoever can write only there starts nothing.
 */
import { createHash, randomUUID } from "node:crypto";
import { timestamp } from "../../common/text";
import { type Cluster, ClusterError, type ConfigMap } from "../../kubernetes/cluster";
import { BatchError } from "../../common/errors";
import { type Parameters } from "../spec";
import { type Submitter } from "../records/registry";
import { registryPrefix } from "../storage/keys";
import { type Store } from "../storage/store";
import { submissionLabel } from "./manifest/marks";
import { type Names } from "./cron-job";

/** The Lease of the batch controller, in the namespace of the Jobs. */
export const controllerLease = "batch-controller";

/** How old the last sign of life of a controller may be, in milliseconds. It renews its Lease every 2 s; clocks may differ. */
const silence = 60_000;

/** What is asked for, besides the parameters. */
export interface Request {
  /** Identifies it; also the text of `retryFailed`, where failed tasks run again. */
  readonly id: string;
  /** SHA-256 of the parameters' JSON in the bucket. */
  readonly digest: string;
  /** Uids of the Jobs that were there. A run never cancels later ones. */
  readonly before: readonly string[];
  readonly submittedBy: Submitter;
  /** ISO 8601 in UTC. */
  readonly submittedAt: string;
  readonly owner?: string;
}

/** What it came to: a result, or a fault for which nothing ran. */
export type Outcome =
  | { readonly status: "complete" | "failed" | "unfinished"; readonly reason?: string; readonly error?: undefined }
  | { readonly error: string };

export interface Submission {
  readonly object: ConfigMap;
  /** Name of the batch Job. */
  readonly job: string;
  readonly request: Request;
  /** Version of the controller that has taken it. */
  readonly acceptedBy?: string;
  /** Why a controller does not take it. */
  readonly refused?: string;
  /** What the controller last said of it. */
  readonly note?: string;
  readonly outcome?: Outcome;
  /** ISO 8601 in UTC; once everyone who is to be told has been. */
  readonly concludedAt?: string;
}

type Progress = Partial<Pick<Submission, "acceptedBy" | "refused" | "note" | "outcome" | "concludedAt">>;

/** Whether a batch controller serves a namespace. */
export async function controllerRuns(cluster: Cluster, namespace: string, now = Date.now()): Promise<boolean> {
  const lease = await cluster.get("leases", namespace, controllerLease).catch((error: unknown) => {
    // Who may not read Leases records as if there were no controller, which does no harm.
    if (error instanceof ClusterError && error.status === 403) return undefined;
    throw error;
  });
  const { holderIdentity, renewTime = "" } = lease?.spec ?? {};
  return Boolean(holderIdentity) && Math.abs(now - Date.parse(renewTime)) < silence;
}

const parametersKey = (job: string, id: string): string => `${registryPrefix}submissions/${job}/${id}.json`;

/** Leaves the parameters in the bucket and the request in the cluster. */
export async function submit(
  { cluster, store }: { readonly cluster: Cluster; readonly store: Store },
  { store: _secret, ...parameters }: Parameters,
  asked: Pick<Request, "before" | "submittedBy" | "owner">,
): Promise<Submission> {
  const { name, namespace } = parameters;
  const id = randomUUID();
  const retryFailed = parameters.retryFailed === true ? id : parameters.retryFailed;
  // `true` would let a controller that was restarted in the middle retry them once more; a text does so once.
  const text = JSON.stringify({ ...parameters, retryFailed, wait: "complete" });
  await store.put(parametersKey(name, id), text);
  const request: Request = { id, digest: digestOf(text), ...asked, submittedAt: timestamp(new Date()) };
  const created = await cluster.create("configmaps", {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: {
      name: `${name}-submission-${id.slice(0, 8)}`,
      namespace,
      labels: { "app.kubernetes.io/managed-by": "ovh-mks-batch", [submissionLabel]: name },
    },
    data: { request: JSON.stringify(request) },
  } as ConfigMap);
  const submission = created && readSubmission(created);
  if (!submission) throw new BatchError(`${name}: the submission could not be created; try again`);
  return submission;
}

const digestOf = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Returns the parameters that were submitted, without `store`; a text if they are not those of the request. */
export async function submittedParameters(store: Store, { job, request }: Submission): Promise<object | string> {
  const key = parametersKey(job, request.id);
  const text = await store.get(key);
  if (text === undefined) return `${key} is not in the bucket`;
  return digestOf(text) === request.digest ? (JSON.parse(text) as object) : `${key} in the bucket has been changed since it was submitted`;
}

/** Returns undefined for a ConfigMap that is no submission. */
export function readSubmission(object: ConfigMap): Submission | undefined {
  const { request, outcome, ...rest } = object.data ?? {};
  const job = object.metadata.labels?.[submissionLabel];
  if (job === undefined || request === undefined) return undefined;
  try {
    return { ...rest, object, job, request: JSON.parse(request) as Request, ...(outcome && { outcome: JSON.parse(outcome) as Outcome }) };
  } catch {
    return undefined;
  }
}

export async function getSubmission(cluster: Cluster, { object }: Submission): Promise<Submission | undefined> {
  const { name, namespace, uid } = object.metadata;
  const found = await cluster.get("configmaps", namespace, name);
  return found?.metadata.uid === uid && !found?.metadata.deletionTimestamp ? found && readSubmission(found) : undefined;
}

/** Notes how far a submission is. Returns undefined if it is gone. */
export async function note(cluster: Cluster, { object }: Submission, { outcome, ...progress }: Progress): Promise<Submission | undefined> {
  const { name, namespace = "", uid } = object.metadata;
  const data = { ...progress, ...(outcome && { outcome: JSON.stringify(outcome) }) };
  const patched = await cluster.patch("configmaps", namespace, name, { metadata: { uid }, data });
  return patched && readSubmission(patched);
}

/** Deletes a submission with its parameters: nobody goes on with it. */
export async function withdraw(cluster: Cluster, store: Store, { object, job, request }: Submission): Promise<void> {
  const { name, namespace = "", uid = "" } = object.metadata;
  await cluster.remove("configmaps", namespace, name, uid);
  await store.remove(parametersKey(job, request.id));
}

export const submissionSelector = (job?: string): { labels: string } => ({
  labels: job === undefined ? submissionLabel : `${submissionLabel}=${job}`,
});

/** All submissions of a batch Job, those included that have come to their end. */
export async function allSubmissions(cluster: Cluster, { namespace, name }: Names): Promise<readonly Submission[]> {
  return (await cluster.list("configmaps", namespace, submissionSelector(name), readSubmission)).items;
}

export const isOpen = ({ outcome, refused }: Submission): boolean => !outcome && refused === undefined;

/** The submissions of a batch Job that have not come to their end. */
export const openSubmissions = async (cluster: Cluster, names: Names): Promise<readonly Submission[]> =>
  (await allSubmissions(cluster, names)).filter(isOpen);
