import { type KubeClient } from "../../kubernetes/client";
import { until } from "../harness/cloud";
import { type LargeCloud } from "./cloud";
import { jobName, type JobShape, namespace, smallJob } from "./job";
import { type Observed, watchWhile } from "./watch";

export interface Run extends Observed {
  /** Seconds from the Job's creation until its last task had ended, by the API server's clock. */
  readonly makespan: number;
  /** Tasks that are in the bucket. */
  readonly recorded: number;
}

interface RawJob {
  readonly metadata: { readonly creationTimestamp: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly status: {
    readonly active?: number;
    readonly succeeded?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly lastTransitionTime: string }[];
  };
}

/** Seconds that a Job may take; a hundred times of what it takes without anything in its way. */
const patience = 2 * 3600;

async function readJob(client: KubeClient): Promise<RawJob | undefined> {
  const query = { labelSelector: `batch.ovh-mks/job=${jobName}` };
  return (await client.call<{ items: RawJob[] }>({ method: "GET", path: `/apis/batch/v1/namespaces/${namespace}/jobs`, query })).items[0];
}

const isTrue = (job: RawJob, type: string) => job.status.conditions?.find((one) => one.type === type && one.status === "True");

/**
 * Submits a Job, and resolves when all of it is recorded. Nobody waits for it but the cluster's own controllers.
 * @param beside how many small Jobs are submitted once it has pods
 */
export async function runJob(cloud: LargeCloud, shape: JobShape, say: (line: string) => void, beside = 0): Promise<Run> {
  let job: RawJob | undefined;
  const work = async (): Promise<void> => {
    await cloud.submit(shape);
    say(`${shape.tasks} tasks are submitted`);
    // The first pods of so large a Job take seconds: those of small ones would come before them, and get nodes of their own.
    await until(async () => ((await readJob(cloud.client))?.status.active ?? 0) > 0, { pause: 200, patience: 120 });
    for (let n = 0; n < beside; n++) await cloud.submit(smallJob, `small-${n}`);
    await until(
      async () => {
        job = await readJob(cloud.client);
        if (job && isTrue(job, "Failed")) throw new Error(`the Job has failed: ${JSON.stringify(job.status)}`);
        return job !== undefined && isTrue(job, "Complete") !== undefined;
      },
      { pause: 1_000, patience },
    );
    say(`all tasks have ended`);
    await until(async () => (await readJob(cloud.client))?.metadata.annotations?.["batch.ovh-mks/recorded"] === "true", {
      pause: 500,
      patience: 120,
    });
  };
  const observed = await watchWhile(cloud, work, say);
  const ended = Date.parse(isTrue(job!, "Complete")!.lastTransitionTime);
  const makespan = (ended - Date.parse(job!.metadata.creationTimestamp)) / 1000;
  return { ...observed, makespan, recorded: await cloud.countRecords() };
}
