/** One piece of the controller's work, over the same core as the command line and the provider. */
import {
  attach,
  BatchError,
  loadJob,
  messageOf,
  type Parameters,
  parametersOf,
  parseParameters,
  type Progress,
  type Result,
  run,
  type RunContext,
  type Store,
  type Submitter,
} from "../batch";
import { concluded } from "../batch/jobs/manifest/marks";
import { note, type Outcome, type Submission, submittedParameters, withdraw } from "../batch/jobs/submission";
import { saveEnd } from "../batch/records/ends";
import { recordQueue } from "../batch/run/queue/record";
import { openSession, type Session } from "../batch/run/session";
import { type StoreSettings, StoreError } from "../batch/storage/store";
import { timestamp } from "../common/text";
import { type Cluster, ClusterError } from "../kubernetes/cluster";
import { type ObservedJob, type Task } from "./observed";

/** The end of a batch Job, for those who want to know. */
export interface End {
  /** The same whenever this end is told. */
  readonly id: string;
  readonly parameters: Parameters;
  readonly result: Omit<Result, "status"> & { readonly status: "complete" | "failed" | "unfinished" };
  readonly submittedBy?: Submitter;
}

export interface WorkerParts {
  readonly cluster: Cluster;
  readonly store: Store;
  readonly settings: StoreSettings;
  readonly namespace: string;
  readonly version: string;
  readonly say: (job: string, text: string) => void;
  readonly onProgress: (job: string, progress: Progress) => void;
  /** Called when a Job is no longer worked on. */
  readonly onRest: (job: string) => void;
  readonly onRecord: (lag: number) => void;
  /** Makes the end known; resolves when that cannot be lost any more. @param session what is known of the Job's tasks */
  readonly tell: (end: End, session: Session) => Promise<void>;
}

/** Does what is to be done. @throws what a later try may heal */
export function createWorker(parts: WorkerParts): (task: Task, signal: AbortSignal) => Promise<void> {
  const { cluster, store, settings, namespace, version, say, onProgress, onRest, onRecord, tell } = parts;

  const contextOf = (job: string, signal: AbortSignal, before?: ReadonlySet<string>): RunContext => ({
    cluster,
    store,
    say: (text) => say(job, text),
    onProgress: (progress) => onProgress(job, progress),
    controller: { before, signal, inCluster: true, onRecord },
  });

  const parametersOfSubmission = async (submission: Submission): Promise<Parameters | string> => {
    const values = await submittedParameters(store, submission);
    if (typeof values === "string") return values;
    const { parameters, faults = [] } = parseParameters({ ...values, store: settings });
    if (!parameters) return `it is of another version: ${faults.map(({ property, reason }) => `${property}: ${reason}`).join("; ")}`;
    return parameters.namespace === namespace ? parameters : `it names the namespace '${parameters.namespace}'`;
  };

  const serve = async (submission: Submission, signal: AbortSignal): Promise<void> => {
    const { job, request } = submission;
    const parameters = await parametersOfSubmission(submission);
    if (typeof parameters === "string") {
      say(job, `not taken: ${parameters}`);
      await note(cluster, submission, { refused: parameters });
      return;
    }
    if (!(await note(cluster, submission, { acceptedBy: version }))) return;
    const context = contextOf(job, signal, new Set(request.before));
    const outcome = await outcomeOf(
      run(parameters, {
        ...context,
        submittedBy: request.submittedBy,
        owner: request.owner,
        say: (text) => {
          say(job, text);
          // Only for those who watch; the next word comes anyway.
          note(cluster, submission, { note: text }).catch(() => undefined);
        },
      }),
    ).finally(() => onRest(job));
    if (signal.aborted) return;
    await note(cluster, submission, { outcome });
  };

  const conclude = async (submission: Submission): Promise<void> => {
    const parameters = await parametersOfSubmission(submission);
    const { outcome, request, job } = submission;
    if (typeof parameters === "string") say(job, `its end cannot be told: ${parameters}`);
    else if (outcome) await tellEnd(request.id, parameters, outcome, request.submittedBy);
    await note(cluster, submission, { concludedAt: timestamp(new Date()) });
  };

  /** @param outcome what is known of the end besides the records. @default nothing */
  const tellEnd = async (id: string, parameters: Parameters, outcome?: Outcome, submittedBy?: Submitter): Promise<void> => {
    const session = await openSession(parameters, { cluster, store });
    const found = session.result({ reason: outcome?.error ?? outcome?.reason });
    const { status, reason } = endOf(outcome ?? { ...found, status: ended(found.status) });
    await saveEnd(store, parameters.name, { status, reason, at: timestamp(new Date()) });
    await tell({ id, parameters, result: { ...found, status, reason }, submittedBy }, session);
  };

  /** The parameters of a Job that nobody submitted here, as the bucket has them. */
  const registered = async (job: string): Promise<Parameters | undefined> => {
    const entry = await loadJob(store, job);
    const parameters = entry && parametersOf(entry, settings);
    return parameters?.namespace === namespace ? parameters : undefined;
  };

  const record = async (job: string, signal: AbortSignal): Promise<void> => {
    const parameters = await registered(job);
    if (!parameters) throw new BatchError("the bucket does not tell what it is; whoever launched it records it");
    await attach(parameters, contextOf(job, signal)).finally(() => onRest(job));
  };

  const concludeRun = async ({ uid, name, job }: ObservedJob): Promise<void> => {
    const parameters = await registered(job);
    if (parameters) await tellEnd(uid, parameters);
    await cluster.patch("jobs", namespace, name, { metadata: { uid, annotations: { [concluded]: timestamp(new Date()) } } });
  };

  return (task, signal) => {
    switch (task.kind) {
      case "serve":
        return serve(task.submission, signal);
      case "conclude":
        return conclude(task.submission);
      case "forget":
        return withdraw(cluster, store, task.submission);
      case "record":
        return record(task.job, signal);
      case "record queue":
        return recordQueue({ namespace, name: task.queue }, { cluster, store }, { inCluster: true, onRecord });
      case "conclude run":
        return concludeRun(task.run);
    }
  };
}

/** The status of what nobody works on any more. */
const ended = (status: Result["status"]): End["result"]["status"] => (status === "running" ? "unfinished" : status);

const endOf = (outcome: Outcome): Pick<End["result"], "status" | "reason"> =>
  outcome.error !== undefined ? { status: "unfinished", reason: outcome.error } : { status: outcome.status, reason: outcome.reason };

/** What a run comes to. @throws what is not the user's to mend */
async function outcomeOf(running: Promise<Result>): Promise<Outcome> {
  try {
    const { status, reason } = await running;
    return { status: ended(status), ...(reason !== undefined && { reason }) };
  } catch (error) {
    const passing = (error instanceof StoreError || error instanceof ClusterError) && error.transient;
    if (!passing && (error instanceof BatchError || error instanceof ClusterError)) return { error: messageOf(error) };
    throw error;
  }
}
