import { queueManifests } from "../../../batch/jobs/manifest/scaled-job";
import { parseQueue, type QueueInput, type QueueParameters } from "../../../batch/spec/queue";
import { type Condition } from "../../../kubernetes/cluster";
import { type FakeCluster, type Outcome } from "./cluster";

const query = "SELECT count(*) FROM orders WHERE status IN ('waiting', 'running')";

/** One PostgreSQL trigger, with what must be given. */
export const minimalQueue: QueueInput = {
  name: "orders",
  image: "registry/sql-batch:1",
  triggers: [{ postgresql: { query, connection: { secret: "orders-db", key: "uri" } } }],
};

/** Valid parameters; each value may be set. */
export function queueWith(values: Partial<QueueInput> = {}): QueueParameters {
  const { queue, faults } = parseQueue({ ...minimalQueue, ...values });
  if (!queue) throw new Error(JSON.stringify(faults));
  return queue;
}

type Spec = { readonly jobTargetRef: { readonly template: { readonly metadata: object } } };

/** KEDA, as far as the project sees it: it copies what a ScaledJob has to Jobs, and each Job has one pod. */
export function createKeda(cluster: FakeCluster, queue: QueueParameters) {
  const { scaledJob } = queueManifests(queue);
  const { jobTargetRef } = scaledJob.spec as Spec;
  const { namespace } = queue;
  const state = (conditions: readonly Condition[] = [{ type: "Ready", status: "True" }]): void =>
    cluster.put("scaledjobs", { ...scaledJob, metadata: { ...scaledJob.metadata, uid: "uid-of-queue" }, status: { conditions } } as never);
  state();
  const start = (name: string): void => {
    const uid = `uid-${name}`;
    const job = { spec: jobTargetRef, metadata: { ...scaledJob.metadata, name, uid } };
    cluster.put("jobs", job);
    const metadata = {
      ...jobTargetRef.template.metadata,
      name: `${name}-0`,
      namespace,
      uid: `${uid}-pod`,
      labels: { ...scaledJob.metadata.labels, "batch.kubernetes.io/controller-uid": uid },
      annotations: { "batch.kubernetes.io/job-completion-index": "0" },
    };
    cluster.put("pods", {
      metadata,
      spec: { nodeName: "node-1" },
      status: { phase: "Running", startTime: "2026-01-01T00:00:01Z" },
    } as never);
  };
  /** @param second at which it ends */
  const end = (name: string, { exitCode, ...rest }: Outcome, second = 2): void => {
    const pod = cluster.pods().find(({ metadata }) => metadata.name === `${name}-0`)!;
    const finishedAt = new Date(Date.parse("2026-01-01T00:00:00Z") + second * 1000).toISOString();
    const terminated = { exitCode, startedAt: "2026-01-01T00:00:01Z", finishedAt, message: rest.message, reason: rest.reason };
    const phase = exitCode === 0 ? "Succeeded" : "Failed";
    cluster.put("pods", { ...pod, status: { phase, containerStatuses: [{ state: { terminated } }] } } as never);
    cluster.setLog(`${name}-0`, rest.log ?? "");
    const job = cluster.jobs().find(({ metadata }) => metadata.name === name)!;
    const status = {
      [exitCode === 0 ? "completedIndexes" : "failedIndexes"]: "0",
      conditions: [{ type: exitCode === 0 ? "Complete" : "Failed", status: "True" }],
    };
    cluster.put("jobs", { ...job, status } as never);
  };
  return { state, start, end };
}
