/** What a Job's end comes to as a message, which the bucket keeps until every target has it. Pure. */
import { createHash } from "node:crypto";
import * as z from "zod";
import { type Parameters, type Result, type Submitter } from "../../batch";
import { type End, ends } from "../../common/notification-settings";
import { printableLine } from "../../common/printable";
import { shortened } from "../../common/text";
import { groupFailures } from "../../report";

export interface Notice {
  /** Identifies this end of this Job: the same at each call, and no other end of a Job of this name has it. */
  readonly id: string;
  readonly parameters: Pick<Parameters, "name" | "namespace" | "notify"> & { readonly store: { readonly bucket: string } };
  readonly result: Pick<Result, "counts" | "startedAt" | "finishedAt" | "tasks" | "reason" | "cost"> & { readonly status: End };
  readonly submittedBy?: Submitter;
  /** Key of the report in the bucket. @default no link */
  readonly reportKey?: string;
}

/** How much of the failures a message tells: reasons, tasks of each by name, and characters of them. */
const limits = { reasons: 5, examples: 3, reason: 300, name: 100 };

const count = z.int().min(0);

/** The message, as targets of the format `json` get it. Fields that another version adds are kept. */
export const messageSchema = z.looseObject({
  /** 32 hexadecimal digits, the same for all targets and tries. */
  id: z.string(),
  job: z.string(),
  namespace: z.string(),
  cluster: z.string().optional(),
  status: z.enum(ends),
  counts: z.looseObject({ total: count, succeeded: count, failed: count, unfinished: count }),
  /** Start of the first and end of the last task, ISO 8601 in UTC; left out when no task ever ran. */
  startedAt: z.string().optional(),
  finishedAt: z.string().optional(),
  durationSeconds: z.number().optional(),
  /** `amount` is without tax, and left out while no price is known. */
  cost: z.looseObject({ nodeHours: z.number(), amount: z.number().optional(), currency: z.string().optional() }),
  /** Why tasks did not end. */
  reason: z.string().optional(),
  /** Why tasks failed, the most frequent reasons first, with the names of a few tasks. */
  failures: z.array(z.looseObject({ reason: z.string(), tasks: count, examples: z.array(z.string()) })),
  /** Tasks that failed for other reasons than these. */
  otherFailures: count,
  /** Where the report is. */
  report: z.string().optional(),
  submittedBy: z.string().optional(),
});

export type Message = z.infer<typeof messageSchema>;

const digest = (...parts: readonly string[]): string => createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 32);

/** What a target can tell a message from others by, whichever try it is: the idempotency key of a webhook, the Message-ID of an e-mail. */
export const deliveryKey = ({ id }: Message, target: string): string => digest(id, target);

/** Text of others on one line, of bounded length, which moves no cursor and turns no direction of text around. */
const clean = (text: string, longest: number): string => shortened(printableLine(text), longest);

const rounded = (value: number): number => Number(value.toFixed(4));

/** @param cluster its name, where there is one @param linkBase see the settings */
export function messageOf(notice: Notice, { cluster, linkBase }: { readonly cluster?: string; readonly linkBase?: string } = {}): Message {
  const { id, parameters, result, submittedBy, reportKey } = notice;
  const { name, namespace, store } = parameters;
  const { counts, startedAt, finishedAt, tasks, reason, cost, status } = result;
  const { total, succeeded, failed } = counts;
  const groups = groupFailures(tasks.filter((task) => task.status === "failed"));
  const failures = groups.slice(0, limits.reasons).map((group) => ({
    reason: clean(group.reason, limits.reason),
    tasks: group.tasks.length,
    examples: group.tasks.slice(0, limits.examples).map((task) => clean(task.name, limits.name)),
  }));
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  return {
    id: digest(namespace, name, id),
    job: name,
    namespace,
    ...(cluster !== undefined && { cluster: clean(cluster, limits.name) }),
    status,
    counts: { total, succeeded, failed, unfinished: total - succeeded - failed },
    ...(startedAt && { startedAt }),
    ...(finishedAt && { finishedAt }),
    ...(seconds >= 0 && { durationSeconds: seconds }),
    cost: {
      nodeHours: rounded(cost.nodeHours),
      ...(cost.amount !== undefined && { amount: rounded(cost.amount) }),
      ...(cost.currency !== undefined && { currency: cost.currency }),
    },
    ...(reason !== undefined && { reason: clean(reason, limits.reason) }),
    failures,
    otherFailures: groups.slice(limits.reasons).reduce((sum, group) => sum + group.tasks.length, 0),
    ...(reportKey !== undefined && { report: linkTo(reportKey, store.bucket, linkBase) }),
    ...(submittedBy !== undefined && { submittedBy }),
  };
}

const linkTo = (key: string, bucket: string, linkBase: string | undefined): string =>
  linkBase === undefined ? printableLine(`s3://${bucket}/${key}`) : linkBase + key.split("/").map(encodeURIComponent).join("/");
