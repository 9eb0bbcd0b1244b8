import type { ResourceCounts } from "../pulumi/events";
import type { NodeTally } from "./nodes";

export interface Phase {
  readonly name: string;
  readonly seconds: number;
}

export interface TaskReport {
  readonly input: string;
  readonly output: string | null;
  readonly bytes: number | null;
  readonly status: string;
  /** Why the task failed; null when it did not. */
  readonly reason: string | null;
}

/** What `.local/demo-report.json` holds. */
export interface DemoReport {
  readonly phases: readonly Phase[];
  readonly tasks: readonly TaskReport[];
  readonly nodes: NodeTally;
  readonly pulumi: ResourceCounts;
}

const kib = (bytes: number | null): string => (bytes === null ? "" : `${(bytes / 1024).toFixed(1)} KiB`);

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ")}`.trimEnd()).join("\n");
}

/** The report as it is shown in a terminal. */
export function renderReport(report: DemoReport): string {
  const total = report.phases.reduce((sum, phase) => sum + phase.seconds, 0);
  const { created, updated, deleted, failed } = report.pulumi;
  const phases = report.phases.map((phase) => [
    phase.name,
    `${phase.seconds.toFixed(1)} s`,
    `${Math.round((100 * phase.seconds) / Math.max(total, 0.001))} %`,
  ]);
  const tasks = report.tasks.map((task) => [task.input, task.status, task.output ?? "", kib(task.bytes), task.reason ?? ""]);
  return [
    "",
    "Phases",
    table([...phases, ["total", `${total.toFixed(1)} s`, ""]]),
    "",
    "Videos",
    table([["video", "status", "thumbnail", "size", "reason"], ...tasks]),
    "",
    `Resources: ${created} created, ${updated} updated, ${deleted} deleted, ${failed} failed`,
    `Compute nodes: ${report.nodes.started} started, ${report.nodes.stopped} stopped, at most ${report.nodes.peak} at a time, ${report.nodes.final} now`,
  ].join("\n");
}
