/** Cancelling: what destroy does. */
import { type Cluster } from "../../kubernetes/cluster";
import { messageOf } from "../../common/errors";
import { findJobs, isLaunched, isRecorded, type Run } from "../jobs/launch";
import { type Parameters } from "../spec";
import { allSubmissions, withdraw } from "../jobs/submission";
import { removeJobs } from "../jobs/remove";
import { plural } from "../../common/text";
import { pauseSchedule, removeSchedule } from "../jobs/cron-job";
import { openSession, type RunContext } from "./session";
import { noteStopped } from "./stopped";
import { harvestRuns } from "../watch/watch";

/** Deletes the Jobs of this name, at work or ended, and their schedule, and resolves when they are gone. What they came to so far is recorded; records and results stay. */
export async function cancel(parameters: Parameters, surroundings: Omit<RunContext, "onProgress">): Promise<void> {
  const { cluster, store, say } = surroundings;
  // First, so that no controller launches what is cancelled here.
  for (const submission of await allSubmissions(cluster, parameters)) await withdraw(cluster, store, submission);
  await pauseSchedule(cluster, parameters);
  const found = await findJobs(cluster, parameters.namespace, parameters.name);
  const unread = found.flatMap(({ job, tasks }) => (tasks && isLaunched(job) && !isRecorded(job) ? [{ job, tasks }] : []));
  try {
    if (unread.length > 0) await record(unread, parameters, surroundings);
  } catch (error) {
    // A bucket that is gone must not keep the Job running.
    say(`what the Job came to so far could not be recorded: ${messageOf(error)}`);
  }
  if (found.length > 0) say(`deleting ${plural(found.length, "Job")}`);
  await removeJobs(
    cluster,
    found.map(({ job }) => job),
  );
  await removeSchedule(cluster, parameters);
}

async function record(
  runs: readonly Run[],
  parameters: Parameters,
  surroundings: { cluster: Cluster; store: RunContext["store"] },
): Promise<void> {
  const { cluster } = surroundings;
  const session = await openSession(parameters, surroundings);
  await harvestRuns(runs, cluster, parameters, session.recorder);
  await noteStopped(runs, { cluster, parameters, records: session.records });
  // Nodes worked for it, so that a price is of interest.
  session.attempt(new Map(runs.flatMap(({ tasks }) => tasks.map(({ fingerprint }) => [fingerprint, 0] as const))));
  await session.close({});
}
