/** A message in plain English, which all forms for people share. Pure. */
import { dateTime, duration } from "../../common/format";
import { money, nodeHours, plural } from "../../common/text";
import { type Message } from "./notice";

/** e.g. "sweep: failed (3 of 100 tasks)" */
export function headline({ job, status, counts: { total, failed, unfinished } }: Message): string {
  const all = plural(total, "task");
  const what = { complete: all, failed: `${failed} of ${all}`, unfinished: `${unfinished} of ${all}` }[status];
  return `${job}: ${status} (${what})`;
}

/** Names and values of what there is to know, but failures and the link. */
export function facts({
  namespace,
  cluster,
  counts,
  startedAt,
  finishedAt,
  durationSeconds,
  cost,
  reason,
  submittedBy,
}: Message): [string, string][] {
  const { succeeded, failed, unfinished } = counts;
  const tasks = [
    `${succeeded} succeeded`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(unfinished > 0 ? [`${unfinished} did not end`] : []),
  ];
  const price = cost.amount === undefined ? [] : [money(cost.amount, cost.currency)];
  return [
    ["Tasks", tasks.join(", ")],
    ...(reason === undefined ? [] : ([["Reason", reason]] satisfies [string, string][])),
    ...(startedAt && finishedAt ? ([["Ran", ranFrom(startedAt, finishedAt, durationSeconds)]] satisfies [string, string][]) : []),
    ["Cost", [nodeHours(cost.nodeHours), ...price].join(", ")],
    ["Namespace", cluster === undefined ? namespace : `${namespace} of ${cluster}`],
    ...(submittedBy === undefined ? [] : ([["Submitted by", submittedBy]] satisfies [string, string][])),
  ];
}

/** e.g. "2026-11-20 18:04:10 to 2026-11-20 18:10:12 UTC (6 min 2 s)" */
function ranFrom(start: string, end: string, seconds: number | undefined): string {
  const took = seconds === undefined ? "" : ` (${duration(seconds)})`;
  return `${dateTime(Date.parse(start))} to ${dateTime(Date.parse(end))} UTC${took}`;
}

/** Why tasks failed, a line for each reason, e.g. "2 tasks: no beam (SEED=1, SEED=2)". */
export function failureLines({ failures, otherFailures }: Message): string[] {
  const lines = failures.map(({ reason, tasks, examples }) => {
    const more = tasks > examples.length ? ", …" : "";
    return `${plural(tasks, "task")}: ${reason} (${examples.join(", ")}${more})`;
  });
  return otherFailures > 0 ? [...lines, `${plural(otherFailures, "task")}: other reasons`] : lines;
}

/** All of a message, as lines. */
export function plainText(message: Message): string {
  const failures = failureLines(message);
  return [
    headline(message),
    "",
    ...facts(message).map(([name, value]) => `${name}: ${value}`),
    ...(failures.length > 0 ? ["", "Why tasks failed:", ...failures.map((line) => `- ${line}`)] : []),
    ...(message.report === undefined ? [] : ["", `Report: ${message.report}`]),
  ].join("\n");
}
