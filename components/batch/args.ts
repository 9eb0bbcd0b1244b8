import { type Input } from "@pulumi/pulumi";
import { type Billing } from "../../common/billing";

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

/** A variable that is one key of a Secret. */
export interface SecretVariable {
  /** Name of the Secret, in the Job's namespace. */
  readonly secret: Input<string>;
  readonly key: Input<string>;
}

/** A volume of the pods: either a claim or scratch space. */
export interface BatchVolume {
  /** Name of a PersistentVolumeClaim in the Job's namespace. */
  readonly claim?: Input<string>;
  /** Size of an empty volume on the node's disk, which goes with the pod, e.g. `10Gi`. */
  readonly scratch?: Input<string>;
  /** Absolute path in the container. */
  readonly mountPath: Input<string>;
  /** Path in the claim. @default its root */
  readonly subPath?: Input<string>;
  /** @default false */
  readonly readOnly?: Input<boolean>;
}

/** What a label of a node must be like. */
export interface NodeRequirement {
  /** Label of the node, e.g. `topology.kubernetes.io/zone`. */
  readonly key: Input<string>;
  readonly operator: Input<"In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt">;
  /** Some for `In` and `NotIn`, one number for `Gt` and `Lt`, none otherwise. */
  readonly values?: Input<Input<string>[]>;
}

export interface BatchToleration {
  readonly key?: Input<string>;
  /** @default `Equal` */
  readonly operator?: Input<"Equal" | "Exists">;
  readonly value?: Input<string>;
  readonly effect?: Input<"NoSchedule" | "PreferNoSchedule" | "NoExecute">;
}

/** More memory for tasks that were killed for theirs. */
export interface OutOfMemory {
  /** The next attempt has so many times the memory: more than 1, at most 10. @default 2 */
  readonly factor?: Input<number>;
  /** Most memory of an attempt, e.g. `8Gi`; more than `memory`. */
  readonly maxMemory: Input<string>;
}

/** Times at which a Job runs. */
export interface BatchSchedule {
  /** Minute, hour, day of the month, month, day of the week, e.g. `30 2 * * *`, or a name such as `@daily`. */
  readonly cron: Input<string>;
  /** e.g. `Europe/Paris`. @default `Etc/UTC` */
  readonly timeZone?: Input<string>;
  /** When the last one is still at work: `forbid` leaves the time out, `allow` runs both, `replace` cancels it. @default `forbid` */
  readonly concurrency?: Input<"forbid" | "allow" | "replace">;
}

/** Where prices come from. */
export interface BatchPrices {
  /** URL of the OVHcloud API that has the price list; no key is needed. @default that of `OVH_ENDPOINT`, else `https://eu.api.ovh.com/v1` */
  readonly catalog?: Input<string>;
  /** OVHcloud subsidiary, which decides the prices and their currency. @default `CA` and `US` with those of OVHcloud in `OVH_ENDPOINT`, else `FR` */
  readonly subsidiary?: Input<string>;
  /** Price of an hour of a node by its flavor, in the place of the list's. @default none */
  readonly nodeHour?: Input<Record<string, Input<number>>>;
  /** How nodes are billed: by the second, a minute at least, or by the commenced clock hour. @default `hourly` in the US, by endpoint or subsidiary; else `perSecond` */
  readonly billing?: Input<Billing>;
}

/** Parameters of a batch Job. docs/batch-job.md has them all on one page. */
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
  /** Program and arguments, in the place of the image's entry point. Either this or `shell`. @default none */
  readonly command?: Input<Input<string>[]>;
  /** A line that is run with `bash -cl`. Either this or `command`. @default none */
  readonly shell?: Input<string>;
  /** Environment of all tasks; no secrets, see `envFrom` and `secretEnv`. @default none */
  readonly env?: Input<Record<string, Input<string>>>;
  /** Names of Secrets in the namespace whose keys become environment variables. @default none */
  readonly envFrom?: Input<Input<string>[]>;
  /** Variables that are keys of Secrets in the namespace, by their names. @default none */
  readonly secretEnv?: Input<Record<string, Input<SecretVariable>>>;
  /** What to run: a list of tasks, or `matrix`, or `tasksFrom`; at most 100,000. @default one task without an env of its own */
  readonly tasks?: Input<Input<BatchTask>[]>;
  /** One task for every combination of the values, e.g. `{SEED: ["1", "2"], ALPHA: ["0.1", "0.2"]}` for four. @default none */
  readonly matrix?: Input<Record<string, Input<Input<string>[]>>>;
  /** One task for each object under a prefix of the bucket, listed at each `pulumi up`. @default none */
  readonly tasksFrom?: Input<TasksFromObjects>;
  /** CPUs that a task is sure of, e.g. `500m`. It may use what its node has left over. @default `1` */
  readonly cpu?: Input<string>;
  /** Memory of a task; a task that uses more is killed. @default `1Gi` */
  readonly memory?: Input<string>;
  /** Scratch space of a task in /tmp, and its logs. @default `1Gi` */
  readonly ephemeralStorage?: Input<string>;
  /** GPUs of a task (`nvidia.com/gpu`). @default 0 */
  readonly gpu?: Input<number>;
  /** Other devices of a task by the names of their resources, e.g. `{"example.com/dongle": 1}`. @default none */
  readonly extendedResources?: Input<Record<string, Input<number>>>;
  /** Node pool. @default `compute` */
  readonly pool?: Input<string>;
  /** What else the nodes must be like; all must hold. @default nothing */
  readonly nodeAffinity?: Input<Input<NodeRequirement>[]>;
  /** Taints that the pods tolerate, besides those that their pool has. @default none */
  readonly tolerations?: Input<Input<BatchToleration>[]>;
  /** PriorityClass of the pods. @default the cluster's */
  readonly priorityClass?: Input<string>;
  /** How many tasks may run at a time. @default all */
  readonly parallelism?: Input<number>;
  /** So many tasks must find room at once, or the autoscaler adds no node for any. @default none */
  readonly minAvailable?: Input<number>;
  /** How often a task that fails is tried again; a lost node does not count. @default 3 */
  readonly retries?: Input<number>;
  /** Exit statuses (1 to 255) after which a task is not tried again. @default none */
  readonly finalExitCodes?: Input<Input<number>[]>;
  /** The Job ends when more tasks than this have failed. @default never */
  readonly maxFailedTasks?: Input<number>;
  /** Whether a task that is killed for its memory runs again with more. @default not */
  readonly outOfMemory?: Input<OutOfMemory>;
  /** Longest time of one attempt at a task, in seconds. @default none */
  readonly taskDeadlineSeconds?: Input<number>;
  /** Longest time of the whole Job, the wait for nodes included, in seconds. @default none */
  readonly deadlineSeconds?: Input<number>;
  /** How long a pod that has a node may fail to start, e.g. as its volume cannot be mounted, before its Job is given up, in seconds. @default 600 */
  readonly startDeadlineSeconds?: Input<number>;
  /** How long the ended Job stays in the cluster once its results are recorded, in seconds. @default 3600 */
  readonly ttlSeconds?: Input<number>;
  /** Volumes of the pods. @default none but `/tmp` */
  readonly volumes?: Input<Input<BatchVolume>[]>;
  /** Group that the volumes belong to and the tasks are in. @default none */
  readonly fsGroup?: Input<number>;
  /** Names of Secrets in the namespace with which the image is pulled. @default none */
  readonly imagePullSecrets?: Input<Input<string>[]>;
  /** Service account, whose token the pods get. @default none, and no token */
  readonly serviceAccount?: Input<string>;
  /** Numeric user that the tasks run as, never 0. @default the image's, which must be numeric */
  readonly runAsUser?: Input<number>;
  /** Whether the tasks can write only to `/tmp` and to volumes. @default true */
  readonly readOnlyRootFilesystem?: Input<boolean>;
  /** Further labels of Job and pods. @default none */
  readonly labels?: Input<Record<string, Input<string>>>;
  /** Further annotations of Job and pods. @default none */
  readonly annotations?: Input<Record<string, Input<string>>>;
  /** Runs all tasks at certain times rather than now, with what they were at the last update. @default none */
  readonly schedule?: Input<BatchSchedule>;
  /** Names of batch Jobs with records in the same bucket that must be complete first; one that is at work is waited for. @default none */
  readonly after?: Input<Input<string>[]>;
  /** What an update waits for: that all tasks have ended, that the first has started, or nothing. @default `complete` */
  readonly wait?: Input<"complete" | "started" | "none">;
  /** What becomes of running tasks that are not wanted any more, e.g. after a change of `image`: `wait` lets them end first, `cancel` does not. @default `wait` */
  readonly onChange?: Input<"wait" | "cancel">;
  /** Whether failed tasks fail the update, or are only reported in `taskResults`. @default `fail` */
  readonly onFailure?: Input<"fail" | "report">;
  /** `true`: each update tries failed tasks again. A text: once, when it is another text than before. @default false */
  readonly retryFailed?: Input<boolean | string>;
  /** How long a task takes, in seconds, for the estimate of the first run; later ones go by the last run. @default not known */
  readonly taskSeconds?: Input<number>;
  /** Where prices come from. @default OVHcloud's price list */
  readonly prices?: Input<BatchPrices>;
  /** Key prefix of records and results, ends with `/`. @default `batch/<name>/` */
  readonly resultsPrefix?: Input<string>;
}
