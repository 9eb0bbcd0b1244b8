/** Waiting for other batch Jobs that must be complete first. */
import { setTimeout as sleep } from "node:timers/promises";
import { plural, verb } from "../../common/text";
import { controllerRuns, openSubmissions } from "../jobs/submission";
import { attach } from "./attach";
import { BatchError } from "../../common/errors";
import { type Parameters } from "../spec";
import { loadJob, parametersOf } from "../records/registry";
import { orderFaults } from "./order";
import { type Counts, type Result } from "./result";
import { type RunContext } from "./session";
import { foreignNamespace } from "../spec/trust";

/** Between two looks at what is submitted, in milliseconds. */
const pause = 2_000;

/**
 * Waits for the Jobs that `after` names, as far as they are at work.
 * @throws {BatchError} when one of them is not in the bucket, did not end, or has failed tasks that are not only to be reported; all faults at once
 */
export async function waitForOthers(parameters: Parameters, surroundings: RunContext): Promise<void> {
  const { after, namespace, store: settings } = parameters;
  const { store, say } = surroundings;
  const faults = await orderFaults(parameters, store);
  for (const name of after) {
    const entry = await loadJob(store, name);
    // Those are among the faults.
    if (!entry || foreignNamespace(entry.parameters, namespace) || name === parameters.name) continue;
    await whileSubmitted(name, namespace, surroundings);
    // It may have been submitted with other parameters meanwhile.
    const others = parametersOf((await loadJob(store, name)) ?? entry, settings);
    const other = await attach(others, { ...surroundings, say: (text) => say(`${name}: ${text}`) });
    if (other.status === "failed" && others.onFailure === "report") say(`${name}: ${shortfall(other)}, which it only reports: going on`);
    else if (other.status !== "complete") faults.push(`after: '${name}' is not complete (${shortfall(other)}); run it again first`);
  }
  if (faults.length > 0) throw new BatchError(faults.join("\n"));
}

/** What the batch controller has taken may not have begun yet, as it waits for others itself. */
async function whileSubmitted(name: string, namespace: string, { cluster, say, controller }: RunContext): Promise<void> {
  for (let told = false; (await openSubmissions(cluster, { namespace, name })).length > 0; told = true) {
    controller?.signal.throwIfAborted();
    // Without a controller nobody goes on with it: then it is followed as far as it is at work.
    if (!controller && !(await controllerRuns(cluster, namespace))) return;
    if (!told) say(`waiting for '${name}'`);
    await sleep(pause);
  }
}

function shortfall({ counts, reason }: Result): string {
  const { total, succeeded, failed }: Counts = counts;
  const open = total - succeeded - failed;
  return [
    ...(failed > 0 ? [`${failed} of ${plural(total, "task")} failed`] : []),
    ...(open > 0
      ? [`${open} of ${plural(total, "task")} ${verb(open, "have")} no result${reason === undefined ? "" : `: ${reason}`}`]
      : []),
  ].join(", ");
}
