/** The parameters of a Job as flags. A parameter that is structured has a short form here; in a file it is written in full. */
import { type Command, Option } from "commander";
import { billings } from "../../common/billing";
import * as values from "./values";

interface Flag {
  /** Where the value goes, e.g. ["schedule", "cron"]. */
  readonly path: readonly string[];
  readonly flags: string;
  readonly description: string;
  readonly group: string;
  readonly read: (text: string) => unknown;
  /** `one` value; a `list`, or a `record` from names to values, of every time that the flag is given. */
  readonly form: "one" | "list" | "record";
}

type Rest = readonly [flags: string, description: string, read?: (text: string) => unknown];

const define =
  (group: string, form: Flag["form"]) =>
  (path: string, ...[flags, description, read = values.readText]: Rest): Flag => ({
    path: path.split("."),
    flags,
    description,
    group,
    read,
    form,
  });

const work = { one: define("What runs:", "one"), list: define("What runs:", "list"), record: define("What runs:", "record") };
const tasks = { one: define("Tasks:", "one"), list: define("Tasks:", "list"), record: define("Tasks:", "record") };
const room = {
  one: define("Where and with what:", "one"),
  list: define("Where and with what:", "list"),
  record: define("Where and with what:", "record"),
};
const end = { one: define("How it ends:", "one"), list: define("How it ends:", "list") };
const meta = {
  one: define("Time, order and cost:", "one"),
  list: define("Time, order and cost:", "list"),
  record: define("Time, order and cost:", "record"),
};
const { readNumber } = values;

export const flags: readonly Flag[] = [
  work.one("name", "--name <name>", "name of the Job; its records belong to it"),
  work.one("image", "--image <reference>", "container image; it needs /bin/sh"),
  work.one("shell", "--shell <line>", "a line for `bash -cl`, in the place of a command after `--`"),
  work.record("env", "--env <NAME=VALUE>", "environment of all tasks; no secrets (repeatable)", values.readPair),
  work.list("envFrom", "--env-from <secret>", "Secret whose keys become environment variables (repeatable)"),
  work.record("secretEnv", "--secret-env <VAR=SECRET:KEY>", "variable from one key of a Secret (repeatable)", values.readSecretKey),
  work.list("volumes", "--volume <CLAIM[/FOLDER]:/PATH[:ro]>", "mounts a PersistentVolumeClaim (repeatable)", values.readVolume),
  work.list("volumes", "--scratch <SIZE:/PATH>", "empty scratch volume of a task, e.g. 10Gi:/work (repeatable)", values.readScratch),
  work.list("imagePullSecrets", "--image-pull-secret <secret>", "Secret for a private registry (repeatable)"),
  work.one("serviceAccount", "--service-account <name>", "service account, whose token the tasks get"),
  work.one("runAsUser", "--run-as-user <uid>", "numeric user of the tasks, never 0", readNumber),
  work.one("fsGroup", "--fs-group <gid>", "group that owns the volumes", readNumber),
  work.one(
    "readOnlyRootFilesystem",
    "--read-only-root-filesystem <true|false>",
    "whether tasks write only to /tmp and volumes (default: true)",
    values.readBoolean,
  ),
  work.record("labels", "--label <NAME=VALUE>", "label of Job and pods (repeatable)", values.readPair),
  work.record("annotations", "--annotation <NAME=VALUE>", "annotation of Job and pods (repeatable)", values.readPair),

  tasks.list("tasks", "--task <[NAME:]VAR=VALUE,…>", "a task with its environment (repeatable)", values.readTask),
  tasks.record("matrix", "--matrix <VAR=VALUE,VALUE,…>", "a task for each combination of the values (repeatable)", values.readAxis),
  tasks.one("tasksFrom.prefix", "--tasks-from <prefix>", "a task for each object of the bucket under this prefix"),
  tasks.one("tasksFrom.pattern", "--tasks-pattern <glob>", "of these objects, those that match, e.g. '**/*.mp4'"),
  tasks.record(
    "tasksFrom.env",
    "--tasks-env <VAR=TEMPLATE>",
    "environment of such a task, of {key}, {name}, {stem} (repeatable)",
    values.readPair,
  ),

  room.one("cpu", "--cpu <quantity>", "CPUs of a task, e.g. 500m (default: 1)"),
  room.one("memory", "--memory <quantity>", "memory of a task (default: 1Gi)"),
  room.one("ephemeralStorage", "--ephemeral-storage <quantity>", "scratch space and logs of a task (default: 1Gi)"),
  room.one("gpu", "--gpu <count>", "NVIDIA GPUs of a task (default: 0)", readNumber),
  room.record(
    "extendedResources",
    "--extended-resource <NAME=NUMBER>",
    "other devices of a task, e.g. example.com/dongle=1 (repeatable)",
    values.readAmount,
  ),
  room.one("outOfMemory", "--out-of-memory <FACTOR:MAX>", "more memory for a task that ran out of it, e.g. 2:8Gi", values.readOutOfMemory),
  room.one("pool", "--pool <name>", "node pool (default: compute)"),
  room.list(
    "nodeAffinity",
    "--node-affinity <condition>",
    "labels that the node must have, e.g. 'zone in (a,b)' (repeatable)",
    values.readAffinity,
  ),
  room.list("tolerations", "--toleration <KEY[=VALUE][:EFFECT]>", "taint that is no obstacle (repeatable)", values.readToleration),
  room.one("priorityClass", "--priority-class <name>", "priority class of the pods"),
  room.one("parallelism", "--parallelism <count>", "tasks at a time (default: all)", readNumber),
  room.one("minAvailable", "--min-available <count>", "tasks that start together or not at all", readNumber),

  end.one("retries", "--retries <count>", "further tries of a task that fails (default: 3)", readNumber),
  end.list("finalExitCodes", "--final-exit-code <status>", "exit status after which a task is not tried again (repeatable)", readNumber),
  end.one("maxFailedTasks", "--max-failed-tasks <count>", "the Job ends when more tasks have failed", readNumber),
  end.one("taskDeadlineSeconds", "--task-deadline-seconds <seconds>", "longest time of one try", readNumber),
  end.one("deadlineSeconds", "--deadline-seconds <seconds>", "longest time of the whole Job", readNumber),
  end.one(
    "startDeadlineSeconds",
    "--start-deadline-seconds <seconds>",
    "how long a pod with a node may fail to start (default: 600)",
    readNumber,
  ),
  end.one("ttlSeconds", "--ttl-seconds <seconds>", "how long the ended Job stays in the cluster (default: 3600)", readNumber),
  end.one(
    "onFailure",
    "--on-failure <fail|report>",
    "whether failed tasks fail this command (default: fail)",
    values.readChoice("fail", "report"),
  ),
  end.one("retryFailed", "--retry-failed <true|text>", "tries failed tasks again; a text does so once", values.readRetry),
  end.one("resultsPrefix", "--results-prefix <prefix>", "key prefix of records and results (default: batch/<name>/)"),
  end.one(
    "wait",
    "--wait <complete|started|none>",
    "what to wait for (default: complete)",
    values.readChoice("complete", "started", "none"),
  ),
  end.one(
    "onChange",
    "--on-change <wait|cancel>",
    "what becomes of running tasks that are not wanted any more (default: wait)",
    values.readChoice("wait", "cancel"),
  ),

  meta.one("schedule.cron", "--schedule <cron>", "runs at these times, e.g. '0 3 * * *'"),
  meta.one("schedule.timeZone", "--time-zone <name>", "of the schedule (default: Etc/UTC)"),
  meta.one(
    "schedule.concurrency",
    "--concurrency <forbid|allow|replace>",
    "when the run before has not ended (default: forbid)",
    values.readChoice("forbid", "allow", "replace"),
  ),
  meta.list("after", "--after <job>", "Job of the same bucket that must be complete first (repeatable)"),
  meta.one("taskSeconds", "--task-seconds <seconds>", "how long a task takes, for the estimate", readNumber),
  meta.one("prices.catalog", "--price-catalog <url>", "URL of the OVHcloud API with the prices (default: by OVH_ENDPOINT)"),
  meta.one("prices.subsidiary", "--price-subsidiary <code>", "OVHcloud subsidiary whose prices count, e.g. FR (default: by OVH_ENDPOINT)"),
  meta.record("prices.nodeHour", "--node-hour <FLAVOR=PRICE>", "price of a node in place of the catalog's (repeatable)", values.readPrice),
  meta.one(
    "prices.billing",
    "--billing <perSecond|hourly>",
    "how nodes are billed (default: as the stack says with --stack, else hourly in the US and perSecond elsewhere)",
    values.readChoice(...billings),
  ),
];

/** Adds a flag for each parameter. The values stay text, so that all faults can be told at once. */
export function addParameterFlags(command: Command): Command {
  for (const { flags: text, description, group, form } of flags) {
    const option = new Option(text, description).helpGroup(group);
    if (form !== "one") option.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
    command.addOption(option);
  }
  return command;
}

export interface FlagValues {
  /** Parameters as far as flags give them. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Flag of each of them, for messages. */
  readonly sources: ReadonlyMap<string, string>;
  readonly faults: readonly string[];
}

/** Reads the values that {@link addParameterFlags} collected. */
export function readFlags(options: Readonly<Record<string, unknown>>): FlagValues {
  const input: Record<string, unknown> = {};
  const sources = new Map<string, string>();
  const faults: string[] = [];
  for (const { path, flags: text, read, form } of flags) {
    const option = new Option(text);
    const given = options[option.attributeName()] as string | string[] | undefined;
    if (given === undefined) continue;
    const flag = option.long ?? text;
    const texts = typeof given === "string" ? [given] : given;
    const parsed = texts.flatMap((value) => {
      try {
        return [read(value)];
      } catch (error) {
        faults.push(`${flag}: ${(error as Error).message}`);
        return [];
      }
    });
    sources.set(path[0]!, sources.has(path[0]!) ? `${sources.get(path[0]!)}, ${flag}` : flag);
    put(input, path, form === "record" ? Object.fromEntries(parsed as [string, unknown][]) : form === "one" ? parsed[0] : parsed);
  }
  return { input, sources, faults };
}

function put(target: Record<string, unknown>, [key, ...rest]: readonly string[], value: unknown): void {
  if (key === undefined) return;
  if (rest.length > 0) put((target[key] ??= {}) as Record<string, unknown>, rest, value);
  // Two flags of one list, e.g. --volume and --scratch.
  else target[key] = Array.isArray(value) && Array.isArray(target[key]) ? [...(target[key] as unknown[]), ...(value as unknown[])] : value;
}
