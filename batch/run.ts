/** From parameters to results: adopts what earlier calls left, runs the tasks that have no recorded result, waits for their end. */
import { waitForOthers } from "./after";
import { applyChanges } from "./changes";
import { jobName, launch } from "./launch";
import { type Parameters } from "./parameters";
import { bytesOf, groupByMemory, makePlan, type PlannedTask } from "./plan";
import { preflight } from "./preflight";
import { isOutdated, loadJob, saveJob } from "./registry";
import { describePlan, type Result } from "./result";
import { plural, verb } from "../common/text";
import { isMoving } from "./tasks";
import { pauseSchedule, removeSchedule } from "./schedule";
import { openSession, type Surroundings } from "./session";
import { settle } from "./settle";
import { waitForStragglers } from "./stragglers";
import { tolerating } from "./tolerations";
import { watchRuns } from "./watch";

/**
 * Runs exactly the tasks that have no recorded result and waits as `wait` says. May be cut off at any moment and called again, here or elsewhere:
 * what runs is adopted, what has ended is recorded, and no task runs twice at the same time.
 *
 * @throws {BatchError} when the tasks can never start. Failed tasks are no error here; they are in the result.
 */
export async function run(own: Parameters, surroundings: Surroundings): Promise<Result> {
  const { cluster, store, say, onProgress, once, submittedBy = "pulumi" } = surroundings;
  const parameters = { ...own, ...once };
  const { wait } = parameters;
  await waitForOthers(parameters, surroundings);
  // Before this Job had no schedule it may have had one.
  await pauseSchedule(cluster, parameters);
  const [session, entry] = await Promise.all([openSession(parameters, surroundings), loadJob(store, parameters.name, say)]);
  const { tasks, records, recorder, attempted } = session;
  const wanted = new Set(tasks.map(({ fingerprint }) => fingerprint));
  const before = tasks.filter(({ fingerprint }) => records.row(fingerprint)?.status === "succeeded").length;
  if (before > 0 && isMoving(parameters.image))
    say(
      `${plural(before, "task")} ${verb(before, "are")} done and ${verb(before, "do")} not run again, whatever ${parameters.image} is now; a tag of its own for each build, or a digest, would tell`,
    );
  let registered = !isOutdated(entry, own);
  const register = async (launching: boolean) => {
    if (registered && !launching) return;
    await saveJob(store, own, submittedBy);
    registered = true;
  };
  let reason: string | undefined;
  let told: string | undefined;

  for (;;) {
    const found = await settle({ cluster, parameters, recorder, wanted, say });
    const { atWork, anew } = await applyChanges(found.atWork, parameters, {
      ...{ cluster, recorder, say },
      check: () => preflight(cluster, parameters, [parameters.memory], session.pool),
    });
    session.attempt(new Map([...found.attempted].filter(([fingerprint]) => !anew.has(fingerprint))));
    reason ??= found.reason;
    const runs = [...atWork];
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
      await preflight(
        cluster,
        parameters,
        groups.map(({ memory }) => memory),
        session.pool,
      );
      const text = describePlan(plan, tasks.length, busy.size);
      if (text !== told) say(text);
      told = text;
      await waitForStragglers(cluster, parameters, say);
      await register(true);
    }
    const tolerations = groups.length > 0 ? tolerating(parameters, await session.pool.facts()) : {};
    let taken = false;
    for (const { memory, group, name } of groups) {
      const launched = await launch(cluster, { ...parameters, ...tolerations, memory }, name, group);
      if (!launched) taken = true;
      else {
        session.attempt(memoryOfAll(group));
        runs.push(launched);
      }
    }
    if (taken) continue;
    if (runs.length === 0) break;
    if (wait !== "none") reason = await watchRuns(runs, { cluster, parameters, recorder, onProgress, until: wait, removeBlocked: true });
    if (wait !== "complete") {
      await register(false);
      const left = plan.run.length - groups.reduce((sum, { group }) => sum + group.length, 0);
      if (left > 0) say(`${plural(left, "task")} more can only be launched when the Job at work has ended; run it again then`);
      return session.close({ reason, atWork: reason === undefined ? runs : [] });
    }
  }
  await removeSchedule(cluster, parameters);
  await register(false);
  return session.close({ reason });
}

const memoryOfAll = (tasks: readonly PlannedTask[]): Map<string, number> =>
  new Map(tasks.map(({ fingerprint, memory }) => [fingerprint, bytesOf(memory)]));
