/** Telling the user which tasks failed, and why. */
import { type Parameters } from "../spec";
import { readRecord, type Row } from "../records";
import { type Result } from "./result";
import { plural, sentence } from "../../common/text";
import { type Store } from "../storage/store";

/** How many failed tasks are told with their logs, how many more with their reasons only, and how many lines of log. */
const shown = { logs: 3, reasons: 17, lines: 10 };

/**
 * Undefined when no task failed, and none is left that is not at work. With onFailure "report", tasks that failed before this call are only
 * counted: they were told then.
 */
export async function describeFailures(result: Result, parameters: Parameters, store: Store): Promise<string | undefined> {
  const { counts, status, reason, tasks, failedBefore = [] } = result;
  if (status === "complete") return undefined;
  const told = new Set(parameters.onFailure === "report" ? failedBefore : []);
  const failed = tasks.filter((task) => task.status === "failed" && !told.has(task.fingerprint));
  const unfinished = counts.total - counts.succeeded - counts.failed;
  const lines: string[] = [];
  if (status === "unfinished")
    lines.push(
      `${unfinished} of ${plural(counts.total, "task")} did not come to an end: ${sentence(String(reason))} Run it again to go on.`,
    );
  if (failed.length > 0) {
    lines.push(`${failed.length} of ${plural(counts.total, "task")} failed:`);
    lines.push(...(await Promise.all(failed.slice(0, shown.logs).map((task) => withLog(task, parameters, store)))));
    lines.push(...failed.slice(shown.logs, shown.logs + shown.reasons).map(headline));
    const rest = failed.length - shown.logs - shown.reasons;
    if (rest > 0) lines.push(`  … and ${rest} more`);
    lines.push(`The logs of all attempts are in ${result.logs}.`);
  }
  if (told.size > 0)
    lines.push(`${told.size} of ${plural(counts.total, "task")} failed before, and did not run again: mks-batch status ${parameters.name}`);
  return lines.length > 0 ? lines.join("\n") : undefined;
}

function headline({ name, reason = "failed", exitCode, attempts }: Row): string {
  const status = exitCode === undefined || reason.startsWith("exit status ") ? "" : `exit status ${exitCode}, `;
  return `  - ${name}: ${reason} (${status}${plural(attempts, "attempt")})`;
}

async function withLog(row: Row, { resultsPrefix }: Parameters, store: Store): Promise<string> {
  const record = await readRecord(store, resultsPrefix, row.fingerprint);
  const log = record?.attempts.at(-1)?.log?.trimEnd() ?? "";
  return [
    headline(row),
    ...log
      .split("\n")
      .slice(-shown.lines)
      .filter(Boolean)
      .map((line) => `      ${line}`),
  ].join("\n");
}
