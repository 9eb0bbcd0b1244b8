import { type Input } from "@pulumi/pulumi";

/** One piece of work. */
export interface BatchTask {
  /** For tables and logs. @default the task's number */
  readonly name?: Input<string>;
  /** Environment of this task, beside the Job's `env`. No two tasks may have the same. @default none */
  readonly env?: Input<Record<string, Input<string>>>;
}

/** One task for each object in the bucket. */
export interface TasksFromObjects {
  /** Objects whose key begins with this, e.g. `videos/`. */
  readonly prefix: Input<string>;
  /** Glob pattern for the rest of the key: `*`, `**`, `?`, `{a,b}`. @default all objects */
  readonly pattern?: Input<string>;
  /** Environment of each task; values may hold `{key}` (whole key), `{name}` (key without the prefix) and `{stem}` (name without its extension). */
  readonly env: Input<Record<string, Input<string>>>;
}

/** The bucket that holds inputs, results and records. Secret. */
export interface BatchStore {
  /** S3 endpoint, e.g. `https://s3.gra.io.cloud.ovh.net`. */
  readonly endpoint: Input<string>;
  readonly region: Input<string>;
  readonly bucket: Input<string>;
  readonly accessKeyId: Input<string>;
  readonly secretAccessKey: Input<string>;
}

export interface BatchToleration {
  readonly key?: Input<string>;
  readonly operator?: Input<"Equal" | "Exists">;
  readonly value?: Input<string>;
  readonly effect?: Input<"NoSchedule" | "PreferNoSchedule" | "NoExecute">;
}

export interface BatchJobArgs {
  /** kubeconfig of the cluster, as text. Secret. */
  readonly kubeconfig: Input<string>;
  /** Where inputs, results and records are. */
  readonly store: Input<BatchStore>;
  /** Lower-case name, at most 40 characters; its records belong to it. A change replaces the Job. @default the resource's name */
  readonly name?: Input<string>;
  /** Kubernetes namespace. A change replaces the Job. @default `batch` */
  readonly namespace?: Input<string>;
  /** Container image. It needs a POSIX `/bin/sh`. */
  readonly image: Input<string>;
  /** Program and arguments, in the place of the image's entry point. Either this or `shell`. */
  readonly command?: Input<Input<string>[]>;
  /** A line that is run with `bash -cl`. Either this or `command`. */
  readonly shell?: Input<string>;
  /** Environment of all tasks; no secrets, see `envFrom`. @default none */
  readonly env?: Input<Record<string, Input<string>>>;
  /** Names of Secrets in the namespace whose keys become environment variables. @default none */
  readonly envFrom?: Input<Input<string>[]>;
  /** What to run. Either this or `tasksFrom`. @default one task without an env of its own */
  readonly tasks?: Input<Input<BatchTask>[]>;
  /** One task for each object under a prefix of the bucket, listed at each `pulumi up`. */
  readonly tasksFrom?: Input<TasksFromObjects>;
  /** CPUs that a task is sure of, e.g. `500m`. It may use what its node has left over. @default `1` */
  readonly cpu?: Input<string>;
  /** Memory of a task; a task that uses more is killed. @default `1Gi` */
  readonly memory?: Input<string>;
  /** Scratch space of a task in /tmp, and its logs. @default `1Gi` */
  readonly ephemeralStorage?: Input<string>;
  /** Node pool. @default `compute` */
  readonly pool?: Input<string>;
  /** Taints that the pods tolerate. @default none */
  readonly tolerations?: Input<Input<BatchToleration>[]>;
  /** How many tasks may run at a time. @default all */
  readonly parallelism?: Input<number>;
  /** How often a task that fails is tried again; a lost node does not count. @default 3 */
  readonly retries?: Input<number>;
  /** Exit statuses (1 to 255) after which a task is not tried again. @default none */
  readonly finalExitCodes?: Input<Input<number>[]>;
  /** The Job ends when more tasks than this have failed. @default never */
  readonly maxFailedTasks?: Input<number>;
  /** Longest time of one attempt at a task, in seconds. @default none */
  readonly taskDeadlineSeconds?: Input<number>;
  /** Longest time of the whole Job, the wait for nodes included, in seconds. @default none */
  readonly deadlineSeconds?: Input<number>;
  /** How long the ended Job stays in the cluster once its results are recorded, in seconds. @default 3600 */
  readonly ttlSeconds?: Input<number>;
  /** Service account, whose token the pods get. @default none, and no token */
  readonly serviceAccount?: Input<string>;
  /** Numeric user that the tasks run as, never 0. @default the image's, which must be numeric */
  readonly runAsUser?: Input<number>;
  /** Further labels of Job and pods. @default none */
  readonly labels?: Input<Record<string, Input<string>>>;
  /** Whether failed tasks fail the update, or are only reported in `taskResults`. @default `fail` */
  readonly onFailure?: Input<"fail" | "report">;
  /** `true`: each update tries failed tasks again. A text: once, when it is another text than before. @default false */
  readonly retryFailed?: Input<boolean | string>;
  /** Key prefix of records and results, ends with `/`. @default `batch/<name>/` */
  readonly resultsPrefix?: Input<string>;
}
