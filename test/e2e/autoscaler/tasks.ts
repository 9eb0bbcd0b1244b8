/** Jobs whose tasks leave marks in a folder of this machine, so that it can be counted how often each was begun and done. */
import { chmodSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type RawPod } from "../../../autoscaler/state/raw";
import { imageReference } from "../../../local/images";
import { paths } from "../../../local/lib/paths";
import { admin, create, until } from "./cloud";

const jobs = "/apis/batch/v1/namespaces/batch/jobs";
const folderOf = (name: string): string => join(paths.volumes, name);

export interface Job {
  readonly name: string;
  readonly tasks: number;
}

export interface Wish {
  /** The pools that may have it. */
  readonly pools: readonly string[];
  readonly tasks: number;
  /** How long a task takes, in seconds. @default 2 */
  readonly seconds?: number;
  /** So many of the tasks, from the first on, do not end before {@link release}. @default 0 */
  readonly held?: number;
  /** Of a node's 1.8 processors. */
  readonly cpu?: string;
}

let serial = 0;

/** Submits a Job whose tasks may all run at the same time. */
export async function submit({ pools, tasks, seconds = 2, held = 0, cpu = "400m" }: Wish): Promise<Job> {
  const name = `${pools[0]}-${++serial}`;
  const folder = folderOf(name);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o777);
  const file = "/marks/$JOB_COMPLETION_INDEX";
  const hold = `if ((JOB_COMPLETION_INDEX < ${held})); then until [ -e /marks/go ]; do sleep 0.2; done; fi`;
  const script = `echo "begun $POD" >>${file}; ${hold}; sleep ${seconds} && echo "done $POD" >>${file}`;
  const container = {
    name: "task",
    image: imageReference("autoscaler"),
    command: ["bash", "-c", script],
    env: [{ name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } }],
    resources: { requests: { cpu } },
    volumeMounts: [{ name: "marks", mountPath: "/marks" }],
  };
  const inPools = { matchExpressions: [{ key: "nodepool", operator: "In", values: pools }] };
  const template = {
    spec: {
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 1,
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [inPools] } } },
      // A lost node's pods are given up soon rather than after five minutes. A new node's too: it is Ready some seconds before it loses its last taint.
      tolerations: ["not-ready", "unreachable"].map((condition) => ({
        key: `node.kubernetes.io/${condition}`,
        operator: "Exists",
        effect: "NoExecute",
        tolerationSeconds: 15,
      })),
      containers: [container],
      volumes: [{ name: "marks", hostPath: { path: folder } }],
    },
  };
  const spec = {
    completions: tasks,
    parallelism: tasks,
    completionMode: "Indexed",
    backoffLimit: 0,
    podReplacementPolicy: "Failed",
    // A task that fails ends its Job, but not one whose node is taken from it.
    podFailurePolicy: { rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] }] },
    template,
  };
  await create(jobs, { apiVersion: "batch/v1", kind: "Job", metadata: { name }, spec });
  return { name, tasks };
}

/** Lets the tasks end that are held. */
export const release = ({ name }: Job): void => writeFileSync(join(folderOf(name), "go"), "");

/** The pods that have begun or done each of a Job's tasks. */
function marks({ name, tasks }: Job, mark: "begun" | "done"): string[][] {
  const folder = folderOf(name);
  const files = readdirSync(folder);
  return Array.from({ length: tasks }, (_, i) => {
    const lines = files.includes(String(i)) ? readFileSync(join(folder, String(i)), "utf8").split("\n") : [];
    return lines.flatMap((line) => (line.startsWith(`${mark} `) ? [line] : []));
  });
}

/** How many of a Job's tasks have begun. */
export const begun = (job: Job): number => marks(job, "begun").filter((pods) => pods.length > 0).length;

/** Waits for the Job's end and expects that every task was done once; answers those that had to be begun again. */
export async function done(job: Job): Promise<number[]> {
  await until(
    `the Job ${job.name} is complete`,
    async () => {
      const { status } = await admin.call<{ status: { conditions?: { type: string; message?: string }[] } }>({
        method: "GET",
        path: `${jobs}/${job.name}`,
      });
      const failure = status.conditions?.find(({ type }) => type === "Failed");
      expect({ job: job.name, failure }).toEqual({ job: job.name, failure: undefined });
      return status.conditions?.some(({ type }) => type === "Complete") ?? false;
    },
    // A node that hangs in its first five minutes may as well still boot, and is given up only after them.
    480,
  );
  const times = marks(job, "done").map((pods) => pods.length);
  expect({ job: job.name, times }).toEqual({ job: job.name, times: times.map(() => 1) });
  return marks(job, "begun").flatMap((pods, task) => (pods.length > 1 ? [task] : []));
}

/** The nodes that the Job's tasks are on, by task. */
export async function placesOf({ name }: Job): Promise<Map<number, string>> {
  const query = {
    labelSelector: `batch.kubernetes.io/job-name=${name}`,
    fieldSelector: "status.phase!=Succeeded,status.phase!=Failed,spec.nodeName!=",
  };
  const { items } = await admin.call<{ items: RawPod[] }>({ method: "GET", path: "/api/v1/namespaces/batch/pods", query });
  const index = "batch.kubernetes.io/job-completion-index";
  return new Map(items.map(({ metadata, spec }) => [Number(metadata.labels?.[index]), spec.nodeName ?? ""]));
}
