/** Tasks of a Job, or runs of a queue, as a table. */
import { type ObservedRow } from "../../batch";
import { duration } from "../../common/format";
import { table } from "../terminal/table";

/** Tasks in the table without `--tasks`. */
export const shownTasks = 20;

/** Tasks by their numbers, which `logs --task` takes. */
export function taskTable(listed: readonly ObservedRow[], all: readonly ObservedRow[], what = "task"): string {
  const numbers = new Map(all.map((row, i) => [row, i]));
  const cells = listed.map((row) => {
    const { name, status, attempts, start, end, node, exitCode, reason, note } = row;
    const took = start && end ? duration((Date.parse(end) - Date.parse(start)) / 1000) : undefined;
    return [numbers.get(row), name, status, attempts, start, took, node, exitCode, reason ?? note];
  });
  return table(["#", what, "status", "attempts", "start", "took", "node", "exit", "reason"], cells);
}
