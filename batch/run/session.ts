/** What a call that runs or follows a batch Job works with: its tasks, their records, and what became of them. */
import { type Cluster } from "../../kubernetes/cluster";
import { once } from "../../common/concurrency";
import { poolFacts, type PricedPool, withPrice } from "../cost";
import { jobName, type Run } from "../jobs/launch";
import { messageOf } from "../../common/errors";
import { type Parameters } from "../spec";
import { type PoolSource } from "../jobs/preflight";
import { Recorder, type RecorderDuties } from "../watch/recorder";
import { Records } from "../records";
import { type Submitter } from "../records/registry";
import { type Result, resultOf } from "./result";
import { type Store } from "../storage/store";
import { listTasks, type Task } from "../spec/tasks";
import { type Progress } from "../watch/progress";

export interface RunContext {
  readonly cluster: Cluster;
  readonly store: Store;
  /** Something worth a line, e.g. what is launched and why. */
  readonly say: (text: string) => void;
  /** Called about once a second while waiting; `note` is what else there is to know, e.g. that the API server is away. */
  readonly onProgress: (progress: Progress, note?: string) => void;
  /** What holds for this call alone, in the place of the Job's own parameters. */
  readonly once?: Partial<Pick<Parameters, "retryFailed" | "wait">>;
  /** Who asks; told in the bucket's registry of Jobs. @default pulumi */
  readonly submittedBy?: Submitter;
  /** Id of the Pulumi resource that asks, for the registry. @default whoever has the Job keeps it */
  readonly owner?: string;
  /** Set by the batch controller, to which others leave their runs. */
  readonly controller?: ControllerContext;
}

export interface ControllerContext extends RecorderDuties {
  /** Uids of the Jobs that were there when the run was asked for. @default those that are there now */
  readonly before?: ReadonlySet<string>;
  /** Aborted when nobody wants the run any more. */
  readonly signal: AbortSignal;
}

export interface Session {
  readonly tasks: readonly Task[];
  readonly records: Records;
  readonly recorder: Recorder;
  /** Fingerprints of the tasks that ran in this call, with the most bytes of memory that they had. */
  readonly attempted: ReadonlyMap<string, number>;
  attempt(tasks: ReadonlyMap<string, number>): void;
  /** What is known of the pool's nodes, and of their price; asked once. */
  readonly pool: Pool;
  /** What it all came to so far. @param end `atWork`: fingerprints of the tasks that are at work */
  result(end: { readonly reason?: string; readonly atWork?: ReadonlySet<string> }): Result;
  /** Writes the summary and answers what it all came to. */
  close(end: { readonly reason?: string; readonly atWork?: readonly Run[] }): Promise<Result>;
}

export interface Pool extends PoolSource {
  priced(): Promise<PricedPool>;
}

/** What is known of a pool, asked for once and only when needed. Prices are never a reason to fail. */
export function createPool(
  cluster: Cluster,
  { pool, provisioner, prices }: Pick<Parameters, "pool" | "prices"> & Partial<Pick<Parameters, "provisioner">>,
): Pool {
  const facts = once(() => poolFacts(cluster, pool, provisioner));
  const priced = once(() =>
    facts()
      .then((known) => withPrice(known, prices))
      .catch((error: unknown): PricedPool => ({ seen: false, unpriced: messageOf(error) })),
  );
  return { facts, priced };
}

export async function openSession(
  parameters: Parameters,
  { cluster, store, say, controller }: Pick<RunContext, "cluster" | "store"> & Partial<RunContext>,
): Promise<Session> {
  const tasks = await listTasks(parameters, store);
  const fingerprints = tasks.map(({ fingerprint }) => fingerprint);
  const records = await Records.load(store, parameters.resultsPrefix, fingerprints, say);
  const attempted = new Map<string, number>();
  const pool = createPool(cluster, parameters);
  const session: Session = {
    tasks,
    records,
    recorder: new Recorder(cluster, store, records, parameters, tasks, controller),
    attempted,
    attempt(tried) {
      for (const [fingerprint, memory] of tried) attempted.set(fingerprint, Math.max(memory, attempted.get(fingerprint) ?? 0));
    },
    pool,
    result: ({ reason, atWork = new Set() }) =>
      resultOf({ parameters, tasks, records, attempted, jobName: jobName(parameters, tasks), reason, atWork }),
    async close({ reason, atWork: runs = [] }) {
      const open = ({ job, tasks }: Run) => tasks.filter(({ fingerprint }) => records.row(fingerprint)?.jobUid !== job.metadata.uid);
      const atWork = new Set(runs.flatMap(open).map(({ fingerprint }) => fingerprint));
      if (attempted.size > 0 && atWork.size === 0) records.price = (await pool.priced()).price ?? records.price;
      await records.saveSummary(tasks);
      return session.result({ reason, atWork });
    },
  };
  return session;
}
