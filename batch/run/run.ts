/** From parameters to results: adopts what earlier calls left, runs the tasks that have no recorded result, waits for their end. */
import { waitForOthers } from "./after";
import { Backoff } from "../../common/backoff";
import { applyChanges } from "./changes";
import { BatchError } from "../../common/errors";
import { delegate } from "./delegate";
import { jobName, jobUids, launch, type Run } from "../jobs/launch";
import { type Parameters } from "../spec";
import { bytesOf, groupByMemory, makePlan, type PlannedTask } from "../records/plan";
import { preflight } from "../jobs/preflight";
import { isOutdated, loadJob, saveJob } from "../records/registry";
import { sayMoved } from "./moved";
import { describePlan, type Result } from "./result";
import { plural } from "../../common/text";
import { pauseSchedule, removeSchedule } from "../jobs/cron-job";
import { openSession, type RunContext } from "./session";
import { settle } from "./settle";
import { waitForStragglers } from "../jobs/stragglers";
import { tolerating } from "../jobs/tolerations";
import { BlockedError, watchRuns } from "../watch/watch";

/** How long other processes may be in the way, in milliseconds. */
const patience = 10 * 60_000;

/**
 * Runs exactly the tasks that have no recorded result and waits as `wait` says. May be cut off at any moment and called again, here or elsewhere:
 * what runs is adopted, what has ended is recorded, and no task runs twice at the same time, whatever other processes do meanwhile. A run cancels no Job
 * that another process started after it.
 *
 * @throws {BatchError} when the tasks can never start. Failed tasks are no error here; they are in the result.
 */
export async function run(own: Parameters, surroundings: RunContext): Promise<Result> {
  const { cluster, store, say, onProgress, once, submittedBy = "pulumi", owner, controller } = surroundings;
  const delegated = controller ? undefined : await delegate(own, surroundings);
  if (delegated) return delegated;
  const parameters = { ...own, ...once };
  const { wait, onChange } = parameters;
  const before = controller?.before ?? (await jobUids(cluster, parameters));
  await waitForOthers(parameters, surroundings);
  // Before this Job had no schedule it may have had one.
  const paused = await pauseSchedule(cluster, parameters);
  const [session, entry] = await Promise.all([openSession(parameters, surroundings), loadJob(store, parameters.name)]);
  const { tasks, records, recorder, attempted } = session;
  // Whoever submitted it to the controller was told.
  if (!controller) await sayMoved(parameters, session, surroundings);
  const wishes = { wanted: new Set(tasks.map(({ fingerprint }) => fingerprint)), before, onChange };
  let registered = !isOutdated(entry, own, owner);
  const register = async (launching: boolean) => {
    // Whoever submitted it to the controller has done that.
    if (controller || (registered && !launching)) return;
    await saveJob(store, own, submittedBy, owner);
    registered = true;
  };
  const check = (memories: readonly string[]) => preflight(controller ? undefined : cluster, parameters, memories, session.pool);
  const watching = { cluster, parameters, recorder, onProgress };
  const site = async () => ({ pool: await session.pool.facts(), controlled: controller !== undefined });
  let reason: string | undefined;
  let told: string | undefined;
  let backoff = new Backoff(patience);

  for (;;) {
    controller?.signal.throwIfAborted();
    const found = await settle({ cluster, parameters, session, wishes, say });
    reason ??= found.reason;
    if (found.first.length > 0) {
      session.attempt(found.attempted);
      const runs = [...found.first, ...found.atWork];
      if (wait !== "complete") {
        await register(false);
        say("nothing is launched before it has ended; run it again then");
        return session.close({ atWork: runs });
      }
      const areKnown = found.first.every(({ tasks }) => tasks.length > 0);
      const ended = watchRuns(runs, { ...watching, removable: areKnown ? found.first : [] });
      const blocked = await ended.catch((error: unknown) =>
        error instanceof BlockedError ? error.message : Promise.reject(error as Error),
      );
      if (blocked !== undefined && !areKnown) throw new BatchError(blocked);
      if (blocked !== undefined) say(blocked);
      backoff = new Backoff(patience);
      continue;
    }
    // What others started since is theirs to change.
    const [older, newer] = [true, false].map((is) => found.atWork.filter(({ job }) => before.has(job.metadata.uid ?? "") === is));
    const { atWork, anew } = await applyChanges(older!, parameters, {
      ...{ cluster, recorder, say, site },
      check: () => check([parameters.memory]),
    });
    session.attempt(new Map([...found.attempted].filter(([fingerprint]) => !anew.has(fingerprint))));
    const runs = [...atWork, ...newer!];
    const busy = new Set(runs.flatMap((run) => run.tasks.map(({ fingerprint }) => fingerprint)));
    const plan = makePlan(
      tasks.filter(({ fingerprint }) => !busy.has(fingerprint)),
      records,
      parameters,
      attempted,
    );
    // While a Job of the same name is at work, what it does not cover waits for the next round.
    const names = new Set(runs.map(({ job }) => job.metadata.name));
    const groups = [...groupByMemory(plan.run)]
      .map(([memory, group]) => ({ memory, group, name: jobName(parameters, tasks, memory) }))
      .filter(({ name }) => !names.has(name));
    if (groups.length > 0) {
      await check(groups.map(({ memory }) => memory));
      const text = describePlan(plan, tasks.length, busy.size);
      if (text !== told) say(text);
      told = text;
      await waitForStragglers(cluster, parameters, say);
      await register(true);
    }
    const tolerations = groups.length > 0 ? tolerating(parameters, await session.pool.facts()) : {};
    let taken = false;
    const started: Run[] = [];
    for (const { memory, group, name } of groups) {
      // Another process may have run one of them since the records were read.
      const isDue = async () => {
        await records.refresh(group.map(({ fingerprint }) => fingerprint));
        controller?.signal.throwIfAborted();
        return makePlan(group, records, parameters, attempted).run.length === group.length;
      };
      const launched = await launch(cluster, { ...parameters, ...tolerations, memory }, name, group, isDue, await site());
      if (!launched) taken = true;
      else {
        session.attempt(memoryOfAll(group));
        started.push(launched);
      }
    }
    if (started.length > 0 || !taken) backoff = new Backoff(patience);
    if (taken) {
      if (await backoff.next()) continue;
      throw new BatchError(`for ${backoff.described}, other processes were launching Jobs of '${parameters.name}'; run it again later`);
    }
    runs.push(...started);
    if (runs.length === 0) break;
    if (wait !== "none") {
      const removable = runs.filter(({ tasks }) => tasks.every(({ fingerprint }) => wishes.wanted.has(fingerprint)));
      reason = await watchRuns(runs, { ...watching, until: wait, removable });
      backoff = new Backoff(patience);
    }
    if (wait !== "complete") {
      await register(false);
      const left = plan.run.length - groups.reduce((sum, { group }) => sum + group.length, 0);
      if (left > 0) say(`${plural(left, "task")} more can only be launched when the Job at work has ended; run it again then`);
      return session.close({ reason, atWork: reason === undefined ? runs : [] });
    }
  }
  if (paused) await removeSchedule(cluster, parameters, paused);
  await register(false);
  return session.close({ reason });
}

const memoryOfAll = (tasks: readonly PlannedTask[]): Map<string, number> =>
  new Map(tasks.map(({ fingerprint, memory }) => [fingerprint, bytesOf(memory)]));
