/** What a Job's pods and watchers read besides the Job itself: ConfigMaps with the tasks' environments, and with the list of tasks. */
import { createHash } from "node:crypto";
import { type ConfigMap, type Job } from "../../../kubernetes/cluster";
import { environmentFiles } from "../../spec/environment";
import { BatchError } from "../../../common/errors";
import { type Parameters } from "../../spec";
import { bytesOf } from "../../records/plan";
import { type Task, taskList } from "../../spec/tasks";
import { annotations, commonLabels, labels } from "./marks";

/** Bytes of data that go into one ConfigMap; Kubernetes allows 1 MiB. */
const configMapLimit = 900 * 1024;

/** Bytes of all environments: every pod gets all of them, and the control plane keeps them. */
const totalLimit = 64 * 1024 * 1024;

/** Bytes of disk that a file takes at least, and by which it grows. */
const block = 4096;

/** What a task is to the process that watches it. */
export type TaskRef = Pick<Task, "fingerprint" | "name">;

export interface TaskFiles {
  /** How many tasks a file holds, see environment.ts. */
  readonly perFile: number;
  /** Data of the ConfigMaps that pods mount. */
  readonly environments: readonly Record<string, string>[];
  /** Data of those with the tasks in order, for the process that adopts the Job. */
  readonly index: readonly Record<string, string>[];
}

/** @param disk that a pod of the Job may use for its files @throws {BatchError} when there is more than fits into a cluster, or on a pod's disk. */
export function taskFiles(tasks: readonly Task[], disk: string): TaskFiles {
  const { perFile, files } = environmentFiles(
    tasks.map(({ env }) => env),
    configMapLimit,
  );
  const environments = pack(files, (n) => `${n}.sh`);
  // The kubelet writes them to the node's disk, where they count as what the pod uses: it evicts a pod that uses more than its limit.
  const size = files.reduce((sum, file) => sum + Math.ceil(Buffer.byteLength(file) / block) * block, 0);
  if (size > bytesOf(disk))
    throw new BatchError(
      `tasks: their envs (${Math.ceil(size / 2 ** 20)} MiB in all) do not fit on the disk of a pod (${disk}), and every pod holds all of them; ` +
        `ask for more 'ephemeralStorage', put larger data into the bucket, or make several Jobs`,
    );
  const lines = tasks.map(({ fingerprint, name }) => JSON.stringify([fingerprint, name]));
  const index = chunks(lines, 1).map((chunk, i) => ({ [`index-${i}`]: chunk.join("\n") }));
  return { perFile, environments, index };
}

/** Distributes files over as few ConfigMaps as they fit into. */
function pack(files: readonly string[], nameOf: (n: number) => string): Record<string, string>[] {
  const total = files.reduce((sum, file) => sum + Buffer.byteLength(file), 0);
  if (total > totalLimit) {
    const [is, most] = [total, totalLimit].map((bytes) => `${Math.ceil(bytes / 2 ** 20)} MiB`);
    throw new BatchError(`tasks: their envs are ${is} in all, and may be ${most}; put larger data into the bucket, or make several Jobs`);
  }
  let n = 0;
  return chunks(files, 0).map((chunk) => Object.fromEntries(chunk.map((file) => [nameOf(n++), file])));
}

/** Cuts texts into groups that fit into a ConfigMap each. @param glue bytes between two texts */
function chunks(texts: readonly string[], glue: number): string[][] {
  const groups: string[][] = [];
  let room = 0;
  for (const text of texts) {
    const bytes = Buffer.byteLength(text) + glue;
    if (bytes > room) {
      groups.push([]);
      room = configMapLimit;
    }
    groups.at(-1)!.push(text);
    room -= bytes;
  }
  return groups;
}

const contentHash = (data: Record<string, string>): string => createHash("sha256").update(JSON.stringify(data)).digest("hex").slice(0, 10);

export interface ConfigMaps {
  /** Names of those that pods mount. */
  readonly mounted: string[];
  readonly all: ConfigMap[];
}

/** @param run what they belong to: the beginning of their names @param own labels besides those of everything */
export function configMaps(
  parameters: Parameters,
  run: string,
  { environments, index }: TaskFiles,
  own = { [labels.run]: run },
): ConfigMaps {
  const { namespace } = parameters;
  const manifest = (suffix: string, data: Record<string, string>): ConfigMap => {
    const metadata = { name: `${run}-${suffix}`, namespace, labels: { ...commonLabels(parameters), ...own } };
    const object = { apiVersion: "v1", kind: "ConfigMap", metadata, immutable: true, data };
    return object;
  };
  // Kubelets keep immutable ConfigMaps by their name for as long as a pod of theirs is there: one that was made anew with other data under the name of a
  // deleted Job's would be mounted with the old data, and the pods would run the tasks of that Job.
  const mounted = environments.map((data) => manifest(contentHash(data), data));
  return {
    mounted: mounted.map(({ metadata }) => metadata.name),
    all: [...mounted, ...index.map((data, i) => manifest(`index-${i}`, data))],
  };
}

/** Reads the Job's tasks back from its ConfigMaps, in any order. Answers undefined when they are not those of the Job. */
export function readTaskIndex(job: Job, configMaps: readonly ConfigMap[]): TaskRef[] | undefined {
  const parts = new Map<number, string>();
  for (const { data = {} } of configMaps) {
    for (const [key, text] of Object.entries(data)) {
      const [, n] = /^index-(\d+)$/.exec(key) ?? [];
      if (n !== undefined) parts.set(Number(n), text);
    }
  }
  const ordered = [...parts].sort(([a], [b]) => a - b).map(([, text]) => text);
  const tasks = ordered.flatMap((text) => text.split("\n").map((line) => JSON.parse(line) as [string, string]));
  const refs = tasks.map(([fingerprint, name]) => ({ fingerprint, name }));
  return taskList(refs) === job.metadata.annotations?.[annotations.tasks] ? refs : undefined;
}
