import * as z from "zod";
import { provisioners } from "../../common/provisioner";
import { nodeRequirement, secretEnvironment, toleration, volumes } from "./pod";
import {
  bytes,
  count,
  dnsLabel,
  environment,
  extendedResources,
  flag,
  httpUrl,
  labelValue,
  metadata,
  objectName,
  oneOf,
  quantity,
  rule,
  templates,
  text,
  valueLimit,
} from "./rules";
import { prices, schedule } from "./schedule";

/** Most tasks of one Job: what Kubernetes allows of an Indexed one. */
export const mostTasks = 100_000;

/** Most bytes of annotations; Kubernetes allows 256 KiB. */
const annotationLimit = 64 * 1024;

const seconds = (least: number) => count(least, 2 ** 31 - 1).meta({ value: "seconds" });

/** Of a user or group, but root. */
const id = count(1, 2 ** 31 - 1).meta({ value: "number" });

/** What goes into a program's arguments. */
const isShort = (text: string): boolean => Buffer.byteLength(text) <= valueLimit;
const shortRule = `must be at most ${valueLimit / 1024} KiB in all`;

const values = z.array(z.string()).min(1, "must have at least one value");

const store = z.strictObject({
  /** S3 endpoint, e.g. `https://s3.gra.io.cloud.ovh.net`. */
  endpoint: httpUrl("https://s3.gra.io.cloud.ovh.net"),
  /** e.g. `gra` */
  region: text,
  bucket: text,
  accessKeyId: text,
  /** It must not appear in `env`, `command` or `shell`. */
  secretAccessKey: text.meta({ value: "text, secret" }),
});

const task = z.strictObject({
  /** For tables and logs. @default `task-<number>` */
  name: text.optional(),
  /** Each task needs a different environment. All of them together are at most 64 MiB, and at most `ephemeralStorage`: every pod has all of them on its node's disk. @default none */
  env: environment.default({}),
});

const tasksFrom = z.strictObject({
  /** Prefix of the objects' keys, e.g. `videos/`. */
  prefix: flag("--tasks-from <prefix>", "a task for each object of the bucket under this prefix", z.string()),
  /** Glob pattern for the rest of the key: `*`, `**`, `?`, `{a,b}`. @default `**` */
  pattern: flag(
    "--tasks-pattern <glob>",
    "of these objects, those that match, e.g. '**/*.mp4'",
    text.default("**").meta({ value: "glob pattern" }),
  ),
  /** `{key}` is the whole key, `{name}` the key without the prefix, `{stem}` the name without its extension. */
  env: flag("--tasks-env <VAR=TEMPLATE>", "environment of such a task, of {key}, {name}, {stem}", templates),
});

const outOfMemory = z.strictObject({
  /** Multiplies the memory of the last attempt. @default `2` */
  factor: z
    .number(rule("a number"))
    .gt(1, rule("larger than 1"))
    .max(10, rule("at most 10"))
    .default(2)
    .meta({ value: "more than 1, at most 10" }),
  /** Most memory of an attempt, e.g. `8Gi`; more than `memory`. */
  maxMemory: bytes,
});

/**
 * All parameters with their defaults, by what they are about. Each is defined here alone. Its comment is what an editor shows of BatchJobArgs and a row of the
 * tables in docs/batch-job.md, which `npm run docs` writes; a test compares its `@default` with the schema's. The command line's flags are read from here.
 */
export const sections = {
  Job: {
    /** Name of the Job. Its records belong to the name, so a change replaces the Job. By default the resource's name. */
    name: flag(
      "--name <name>",
      "name of the Job; its records belong to it",
      dnsLabel(40).meta({ value: "lower-case letters, digits, `-`; at most 40" }),
    ),
    /** Kubernetes namespace. A change replaces the Job. @default `batch` */
    namespace: dnsLabel(63).default("batch"),
    /** The bucket that holds inputs, results and records. */
    store,
    /** Where records, logs and the summary go. @default `batch/<name>/` */
    resultsPrefix: flag(
      "--results-prefix <prefix>",
      "key prefix of records and results (default: batch/<name>/)",
      z
        .string()
        .regex(/^([^/]+\/)+$/, rule("a key prefix that ends with '/', such as batch/thumbnails/"))
        .optional()
        .meta({ value: "key prefix that ends with `/`" }),
    ),
  },
  Program: {
    /** Container image. It needs a POSIX `/bin/sh`. */
    image: flag(
      "--image <reference>",
      "container image; it needs /bin/sh",
      z.string().regex(/^\S+$/, rule("an image reference such as registry/name:tag")).meta({ value: "image reference" }),
    ),
    /** Program and arguments, which replace the image's entry point. Set either this or `shell`. At most 127 KiB. @default none */
    command: z
      .array(z.string())
      .min(1, rule("a program and its arguments"))
      .refine((all) => isShort(all.join("")), shortRule)
      .optional(),
    /** A line that `bash -cl` runs. Set either this or `command`. @default none */
    shell: flag(
      "--shell <line>",
      "a line for `bash -cl`, in the place of a command after `--`",
      z.string().min(1, rule("a line for bash")).refine(isShort, shortRule).optional(),
    ),
    /** Environment of all tasks; a task's own variables override it. No secrets: use `envFrom` or `secretEnv`. At most 127 KiB per variable and 400 KiB in all. @default none */
    env: flag("--env <NAME=VALUE>", "environment of all tasks; no secrets", environment.default({})),
    /** Secrets of the namespace whose keys become variables, e.g. `s3-credentials`. @default none */
    envFrom: flag("--env-from <secret>", "Secret whose keys become environment variables", z.array(objectName).default([])),
    /** Variables that each take one key of a Secret. @default none */
    secretEnv: flag("--secret-env <VAR=SECRET:KEY>", "variable from one key of a Secret", secretEnvironment.default({})),
    /** Secrets of the namespace to pull the image with. @default none */
    imagePullSecrets: flag("--image-pull-secret <secret>", "Secret for a private registry", z.array(objectName).default([])),
  },
  Tasks: {
    /** What to run: this, `matrix` or `tasksFrom`. @default one task */
    tasks: flag(
      "--task <[NAME:]VAR=VALUE,…>",
      "a task with its environment",
      z.array(task).max(mostTasks, `must be at most ${mostTasks} tasks; make several Jobs of them`).optional(),
    ),
    /** A task for each combination, at most 100,000. The first variable changes slowest. A task is called `SEED=1,ALPHA=0.1`. Pulumi sorts the variables. @default none */
    matrix: flag("--matrix <VAR=VALUE,VALUE,…>", "a task for each combination of the values", z.record(z.string(), values).optional()),
    /** A task for each object of the bucket. Each update lists the objects; more than 100,000 are refused before anything is launched. @default none */
    tasksFrom: tasksFrom.optional(),
  },
  "Resources and nodes": {
    /** CPUs that are reserved for a task, e.g. `500m`. A task may also use idle CPUs of its node. @default `1` */
    cpu: flag("--cpu <quantity>", "CPUs of a task, e.g. 500m", quantity("1 or 500m").default("1")),
    /** A task that uses more memory is killed. Memory and disk must be at least `1Mi`: Kubernetes reads `512m` as half a byte. @default `1Gi` */
    memory: flag("--memory <quantity>", "memory of a task", bytes.default("1Gi")),
    /**
     * Runs a task that was killed because of its memory (`OOMKilled`) again with more memory, instead of with the same. A task that failed for another reason keeps
     * its retries; they follow when the other tasks have ended. @default not again
     */
    outOfMemory: flag("--out-of-memory <FACTOR:MAX>", "more memory for a task that ran out of it, e.g. 2:8Gi", outOfMemory.optional()),
    /** Disk for `/tmp`, logs and the tasks' environments. @default `1Gi` */
    ephemeralStorage: flag("--ephemeral-storage <quantity>", "scratch space and logs of a task", bytes.default("1Gi")),
    /** `nvidia.com/gpu` of a task. @default `0` */
    gpu: flag("--gpu <count>", "NVIDIA GPUs of a task", count(0, 64).default(0)),
    /**
     * Other devices of a task, by the names of their [extended resources](https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#extended-resources),
     * e.g. `example.com/dongle: 1`. For a pool without nodes, declare them in the stack's setting [`autoscaler.extendedResources`](docs/configuration.md). @default none
     */
    extendedResources: flag(
      "--extended-resource <NAME=NUMBER>",
      "other devices of a task, e.g. example.com/dongle=1",
      extendedResources(1_000_000).default({}),
    ),
    /** Node pool that runs the tasks. @default `compute` */
    pool: flag("--pool <name>", "node pool", dnsLabel(63).default("compute")),
    /** Who orders nodes for the tasks. With `karpenter`, `pool` is a node pool of [Karpenter's](docs/karpenter.md). @default `autoscaler` */
    provisioner: flag(
      "--provisioner",
      "who orders nodes for the tasks (default: the stack's)",
      oneOf(...provisioners).default("autoscaler"),
    ),
    /** Further conditions for the nodes. All must hold. @default none */
    nodeAffinity: flag(
      "--node-affinity <condition>",
      "labels that the node must have, e.g. 'zone in (a,b)'",
      z.array(nodeRequirement).default([]),
    ),
    /** Taints that the pods tolerate, besides those of `pool`, which they always tolerate. @default none */
    tolerations: flag("--toleration <KEY[=VALUE][:EFFECT]>", "taint that is no obstacle", z.array(toleration).default([])),
    /** PriorityClass of the pods. @default the cluster's */
    priorityClass: flag("--priority-class <name>", "priority class of the pods", objectName.optional()),
    /** How many tasks may run at a time. @default all tasks */
    parallelism: flag("--parallelism <count>", "tasks at a time (default: all)", count(1, mostTasks).optional()),
    /** Number of tasks that must find room at the same time; otherwise the autoscaler adds no node for any. At most `parallelism`. @default none */
    minAvailable: flag("--min-available <count>", "tasks that start together or not at all", count(1, mostTasks).optional()),
  },
  Volumes: {
    /** Volumes of each task. Each has either a `claim` or `scratch`. @default none */
    volumes: volumes.default([]).meta({
      flags: {
        "--volume <CLAIM[/FOLDER]:/PATH[:ro]>": "mounts a PersistentVolumeClaim",
        "--scratch <SIZE:/PATH>": "empty scratch volume of a task, e.g. 10Gi:/work",
      },
    }),
    /** Group that owns the volumes, and that the tasks belong to. @default none */
    fsGroup: flag("--fs-group <gid>", "group that owns the volumes", id.optional()),
  },
  "Failures and deadlines": {
    /** How often a task that fails is tried again; a lost node does not count. @default `3` */
    retries: flag("--retries <count>", "further tries of a task that fails", count(0, 100).default(3)),
    /** Exit statuses after which a task is not tried again. @default none */
    finalExitCodes: flag(
      "--final-exit-code <status>",
      "exit status after which a task is not tried again",
      z.array(count(1, 255)).max(255).default([]),
    ),
    /** The Job ends when more tasks than this have failed. @default no limit */
    maxFailedTasks: flag("--max-failed-tasks <count>", "the Job ends when more tasks have failed", count(0, mostTasks).optional()),
    /** Longest time of one attempt. @default none */
    taskDeadlineSeconds: flag("--task-deadline-seconds <seconds>", "longest time of one try", seconds(1).optional()),
    /** Longest time of the whole Job, the wait for nodes included. @default none */
    deadlineSeconds: flag("--deadline-seconds <seconds>", "longest time of the whole Job", seconds(1).optional()),
    /** How long pods that have a node may fail to start, e.g. because a volume cannot be mounted, before the Job fails: [Why a Job waits](docs/batch-job.md#why-a-job-waits). @default `600` */
    startDeadlineSeconds: flag(
      "--start-deadline-seconds <seconds>",
      "how long a pod with a node may fail to start",
      seconds(1).default(600),
    ),
    /** Whether failed tasks fail the update, or are only in `taskResults`. @default `fail` */
    onFailure: flag("--on-failure", "whether failed tasks fail this command", oneOf("fail", "report").default("fail")),
    /** `true`: each update runs failed tasks again. A text: the next update runs them once, each time the text changes. @default `false` */
    retryFailed: flag(
      "--retry-failed <true|text>",
      "tries failed tasks again; a text does so once",
      z
        .union([z.boolean(), z.string().min(1)], rule("true, false or a text"))
        .default(false)
        .meta({ value: "boolean or text" }),
    ),
  },
  "When it runs": {
    /** What an update waits for. The batch controller records and finishes the rest: [Without waiting](docs/batch-job.md#without-waiting). @default `complete` */
    wait: flag("--wait", "what to wait for", oneOf("complete", "started", "none").default("complete")),
    /** Batch Jobs of the same bucket that must be complete first. Those at work or still waiting are waited for, with or without a client: [Chains](docs/batch-controller.md#chains). A Job with `onFailure: "report"` counts as complete even if tasks have failed. @default none */
    after: flag("--after <job>", "Job of the same bucket that must be complete first", z.array(dnsLabel(40)).default([])),
    /** What happens to [running tasks that are no longer wanted](docs/batch-job.md#changes-while-tasks-run), e.g. after a change of `image`: `wait` lets them end first, `cancel` cancels them. @default `wait` */
    onChange: flag("--on-change", "what becomes of running tasks that are not wanted any more", oneOf("wait", "cancel").default("wait")),
    /** Runs all tasks at fixed times, as the last update defined them. Excludes `wait`, `after`, `onChange`, `retryFailed` and `outOfMemory`. @default none */
    schedule: schedule.optional(),
    /** Names of the [notification targets](docs/notifications.md) that are told of the Job's end. An empty list, or `none` alone, tells nobody. @default all targets of the stack */
    notify: flag(
      "--notify <target>",
      "who is told of the Job's end; none: nobody (default: all)",
      z.array(dnsLabel(40)).max(20).optional(),
    ),
    /** How long an ended Job stays in the cluster once its results are recorded. @default `3600` */
    ttlSeconds: flag("--ttl-seconds <seconds>", "how long the ended Job stays in the cluster", seconds(0).default(3600)),
  },
  Pods: {
    /** Service account whose token the tasks get. By default they have no token. @default none */
    serviceAccount: flag("--service-account <name>", "service account, whose token the tasks get", objectName.optional()),
    /** Numeric user that the tasks run as. @default the image's, which must be numeric */
    runAsUser: flag("--run-as-user <uid>", "numeric user of the tasks, never 0", id.optional().meta({ value: "number, not 0" })),
    /** Whether the tasks can write only to `/tmp` and to volumes. @default `true` */
    readOnlyRootFilesystem: flag(
      "--read-only-root-filesystem <true|false>",
      "whether tasks write only to /tmp and volumes",
      z.boolean().default(true),
    ),
    /** Labels of Job and pods, in addition to those of this project. @default none */
    labels: flag("--label <NAME=VALUE>", "label of Job and pods", metadata(labelValue).default({})),
    /** Annotations of Job and pods, at most 64 KiB. @default none */
    annotations: flag(
      "--annotation <NAME=VALUE>",
      "annotation of Job and pods",
      metadata(z.string())
        .refine((all) => Buffer.byteLength(JSON.stringify(all)) <= annotationLimit, `must be at most ${annotationLimit / 1024} KiB in all`)
        .default({}),
    ),
  },
  Estimates: {
    /** How long a task takes, for the estimate. Used until a task has succeeded. @default not known */
    taskSeconds: flag("--task-seconds <seconds>", "how long a task takes, for the estimate", seconds(1).optional()),
    /** Where prices come from. @default none */
    prices: prices.prefault({}),
  },
};

export const fields = z.strictObject({
  ...sections.Job,
  ...sections.Program,
  ...sections.Tasks,
  ...sections["Resources and nodes"],
  ...sections.Volumes,
  ...sections["Failures and deadlines"],
  ...sections["When it runs"],
  ...sections.Pods,
  ...sections.Estimates,
});

export type Fields = z.infer<typeof fields>;
