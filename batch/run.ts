/** From parameters to results: adopts what earlier calls left, runs the tasks that have no recorded result, waits for their end. */
import { checkPool } from "./blocked";
import { type Cluster } from "./cluster";
import { jobName, launch } from "./launch";
import { type Parameters } from "./parameters";
import { makePlan } from "./plan";
import { Recorder } from "./recorder";
import { Records } from "./records";
import { describePlan, type Result, resultOf } from "./result";
import { settle } from "./settle";
import { type Store } from "./store";
import { listTasks } from "./tasks";
import { type Progress } from "./tracker";
import { watchRuns } from "./watch";

export interface Surroundings {
  readonly cluster: Cluster;
  readonly store: Store;
  /** Something worth a line, e.g. what is launched and why. */
  readonly say: (text: string) => void;
  /** Called about once a second while waiting; `note` is what else there is to know, e.g. that the API server is away. */
  readonly onProgress: (progress: Progress, note?: string) => void;
}

/**
 * Runs exactly the tasks that have no recorded result and waits for them. May be cut off at any moment and called again, here or elsewhere:
 * what runs is adopted, what has ended is recorded, and no task runs twice at the same time.
 *
 * @throws {BatchError} when the tasks can never start. Failed tasks are no error here; they are in the result.
 */
export async function run(parameters: Parameters, { cluster, store, say, onProgress }: Surroundings): Promise<Result> {
  const tasks = await listTasks(parameters, store);
  const fingerprints = tasks.map(({ fingerprint }) => fingerprint);
  const records = await Records.load(store, parameters.resultsPrefix, fingerprints);
  const recorder = new Recorder(cluster, records, parameters);
  const name = jobName(parameters, tasks);
  const attempted = new Set<string>();
  let reason: string | undefined;

  for (;;) {
    const found = await settle({ cluster, parameters, recorder, wanted: new Set(fingerprints), say });
    for (const fingerprint of found.attempted) attempted.add(fingerprint);
    reason ??= found.reason;
    const runs = [...found.atWork];
    const plan = makePlan(
      tasks.filter(({ fingerprint }) => !attempted.has(fingerprint)),
      records,
      parameters.retryFailed,
    );
    // While a Job of this name is at work, what it does not cover waits for the next round.
    if (plan.run.length > 0 && !runs.some(({ job }) => job.metadata.name === name)) {
      await checkPool(cluster, parameters);
      say(describePlan(plan, tasks.length));
      const launched = await launch(cluster, parameters, name, plan.run);
      if (!launched) continue;
      for (const { fingerprint } of plan.run) attempted.add(fingerprint);
      runs.push(launched);
    }
    if (runs.length === 0) break;
    reason = await watchRuns(runs, { cluster, parameters, recorder, onProgress });
  }
  if (tasks.length > 0) await records.saveSummary(fingerprints);
  return resultOf({ tasks, records, attempted, jobName: name, reason });
}
