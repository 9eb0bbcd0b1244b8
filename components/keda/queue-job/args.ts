import type { Input } from "@pulumi/pulumi";
import { type QueueInput } from "../../../batch/spec/queue";
import { type Inputs } from "../../batch/args";

type TriggerInput = QueueInput["triggers"][number];
type Kinds = { readonly [K in keyof TriggerInput]: Inputs<NonNullable<TriggerInput[K]>> };

/** What tells how many items wait: one of `postgresql`, `kafka` and `custom`. */
export type QueueTrigger = Kinds;
export type PostgresqlTrigger = NonNullable<Kinds["postgresql"]>;
export type KafkaTrigger = NonNullable<Kinds["kafka"]>;
export type CustomTrigger = NonNullable<Kinds["custom"]>;

/** Parameters of a queue, as batch/spec/queue/fields.ts and batch/spec/fields.ts define them with their comments; docs/queue-jobs.md has them on one page. */
export interface QueueJobArgs extends Omit<Inputs<QueueInput>, "name" | "triggers"> {
  /** Lower-case name, at most 40 characters; the records of its runs belong to it. @default the resource's name */
  readonly name?: Input<string>;
  /** What tells how many items wait. Of several, the largest number counts. */
  readonly triggers: readonly QueueTrigger[];
}
