import { type Input } from "@pulumi/pulumi";
import { type ParametersInput } from "../../batch";

/** The same, where outputs of resources may be at any depth. */
export type Inputs<T> = T extends (infer Item)[]
  ? Input<Inputs<Item>>[]
  : T extends object
    ? { readonly [K in keyof T]: Input<Inputs<T[K]>> }
    : T;

/** The parameters, as batch/spec/fields.ts defines them with their comments. */
type ParameterArgs = Inputs<ParametersInput>;
type Args<K extends keyof ParametersInput> = Inputs<NonNullable<ParametersInput[K]>>;
type ItemArgs<K extends keyof ParametersInput> = NonNullable<ParametersInput[K]> extends (infer Item)[] ? Inputs<Item> : never;

/** One piece of work. */
export type BatchTask = ItemArgs<"tasks">;
/** One task for each object in the bucket. */
export type TasksFromObjects = Args<"tasksFrom">;
/** The bucket that holds inputs, results and records. Secret. */
export type BatchStore = Args<"store">;
/** A variable that is one key of a Secret. */
export type SecretVariable = Inputs<NonNullable<ParametersInput["secretEnv"]>[string]>;
/** A volume of the pods: either a claim or scratch space. */
export type BatchVolume = ItemArgs<"volumes">;
/** What a label of a node must be like. */
export type NodeRequirement = ItemArgs<"nodeAffinity">;
export type BatchToleration = ItemArgs<"tolerations">;
/** More memory for tasks that were killed for theirs. */
export type OutOfMemory = Args<"outOfMemory">;
/** Times at which a Job runs. */
export type BatchSchedule = Args<"schedule">;
/** Where prices come from. */
export type BatchPrices = Args<"prices">;

/** Parameters of a batch Job. docs/batch-job.md has them all on one page. */
export interface BatchJobArgs extends Omit<ParameterArgs, "name"> {
  /** Resource only: kubeconfig of the cluster, with its credentials in it or a program that gives them (`exec`). */
  readonly kubeconfig: Input<string>;
  /** Lower-case name, at most 40 characters; its records belong to it. A change replaces the Job. @default the resource's name */
  readonly name?: Input<string>;
}
