/** Waiting for other batch Jobs that must be complete first. */
import { plural, verb } from "../../common/text";
import { attach } from "./attach";
import { BatchError } from "../../common/errors";
import { type Parameters } from "../spec";
import { loadJob, parametersOf } from "../records/registry";
import { type Counts, type Result } from "./result";
import { type RunContext } from "./session";
import { foreignNamespace } from "../spec/trust";

/**
 * Waits for the Jobs that `after` names, as far as they are at work.
 * @throws {BatchError} when one of them is not in the bucket, did not end, or has failed tasks that are not only to be reported; all faults at once
 */
export async function waitForOthers({ after, namespace, store: settings }: Parameters, surroundings: RunContext): Promise<void> {
  const { store, say } = surroundings;
  const faults: string[] = [];
  for (const name of after) {
    const entry = await loadJob(store, name);
    const foreign = entry && foreignNamespace(entry.parameters, namespace);
    if (foreign) faults.push(`after: ${foreign}`);
    else if (!entry) faults.push(`after: there is no batch Job '${name}' in the bucket '${settings.bucket}'; submit it first`);
    else {
      const parameters = parametersOf(entry, settings);
      const other = await attach(parameters, { ...surroundings, say: (text) => say(`${name}: ${text}`) });
      if (other.status === "failed" && parameters.onFailure === "report")
        say(`${name}: ${shortfall(other)}, which it only reports: going on`);
      else if (other.status !== "complete") faults.push(`after: '${name}' is not complete (${shortfall(other)}); run it again first`);
    }
  }
  if (faults.length > 0) throw new BatchError(faults.join("\n"));
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
