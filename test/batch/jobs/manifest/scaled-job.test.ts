import { manifests } from "../../../../batch/jobs/manifest";
import { isWatch, queueManifests } from "../../../../batch/jobs/manifest/scaled-job";
import { type QueueInput } from "../../../../batch/spec/queue";
import { parametersWith } from "../../fakes/parameters";
import { minimalQueue, queueWith } from "../../fakes/queue";

interface Pod {
  readonly containers: readonly {
    readonly command?: string[];
    readonly env: readonly object[];
    readonly volumeMounts: readonly object[];
  }[];
  readonly volumes: readonly object[];
}
interface JobSpec {
  readonly template: { readonly metadata: { readonly labels: object; readonly annotations: object }; readonly spec: Pod };
}
interface Spec {
  readonly jobTargetRef: JobSpec;
  readonly triggers: readonly { readonly name?: string; readonly metadata: object; readonly authenticationRef?: object }[];
}

const build = (values: Partial<QueueInput> = {}) => queueManifests(queueWith(values));
const specOf = (values: Partial<QueueInput> = {}) => build(values).scaledJob.spec as Spec;
const containerOf = (values: Partial<QueueInput>) => specOf(values).jobTargetRef.template.spec.containers[0]!;

test("a ScaledJob says how much runs, and lets runs at work end when it changes", () => {
  const { scaledJob } = build({ maxReplicas: 20, pollingSeconds: 5, itemsPerRun: 10 });
  expect(scaledJob).toMatchObject({
    ...{ apiVersion: "keda.sh/v1alpha1", kind: "ScaledJob" },
    metadata: { name: "orders", namespace: "batch" },
    spec: {
      ...{ pollingInterval: 5, maxReplicaCount: 20, scalingStrategy: { strategy: "default" }, rollout: { strategy: "gradual" } },
      ...{ successfulJobsHistoryLimit: 100, failedJobsHistoryLimit: 100 },
    },
  });
});

test("what is for the metrics alone is asked by triggers of its own, with the same connection, by which nothing is started", () => {
  const { postgresql } = minimalQueue.triggers[0]!;
  const watched = { oldestQuery: "SELECT 1", deadLettersQuery: "SELECT 2" };
  const { triggers } = specOf({ itemsPerRun: 10, triggers: [{ postgresql: { ...postgresql!, ...watched } }] });
  const [first, ...others] = triggers;
  expect(first).not.toHaveProperty("name");
  const trigger = (name: string, query: string) => ({
    ...{ type: "postgresql", name, authenticationRef: { name: "orders-trigger-0" } },
    metadata: { query, targetQueryValue: "10", activationTargetQueryValue: "2147483647" },
  });
  expect(others).toEqual([trigger("oldest-item-0", "SELECT 1"), trigger("dead-letters-0", "SELECT 2")]);
  expect([first!, ...others].map((one) => isWatch(one))).toEqual([false, true, true]);
});

test("its Jobs are found by the queue's name, and are no Jobs of a batch Job", () => {
  const { scaledJob } = build({ labels: { team: "shop" }, annotations: { "example.com/owner": "shop" } });
  const labels = { "batch.ovh-mks/job": "orders", "batch.ovh-mks/queue": "true", nodepool: "compute", team: "shop" };
  expect(scaledJob.metadata.labels).toMatchObject(labels);
  expect(scaledJob.metadata.annotations).not.toHaveProperty("batch.ovh-mks/launched");
  expect(JSON.parse(scaledJob.metadata.annotations!["batch.ovh-mks/queue-settings"]!)).toMatchObject({
    ...{ name: "orders", namespace: "batch", resultsPrefix: "batch/orders/", keepRuns: 1000 },
  });
  expect((scaledJob.spec as Spec).jobTargetRef.template.metadata).toMatchObject({
    labels,
    annotations: {
      "example.com/owner": "shop",
      "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
      "batch.ovh-mks/recorded-by": "controller",
    },
  });
});

test("its Jobs are Indexed Jobs of one task, and go when they are recorded, not before", () => {
  const { jobTargetRef } = specOf({ finalExitCodes: [3] });
  expect(jobTargetRef).toMatchObject({
    ...{ completionMode: "Indexed", completions: 1, parallelism: 1, backoffLimitPerIndex: 0, podReplacementPolicy: "Failed" },
    podFailurePolicy: {
      rules: [
        { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
        { action: "FailIndex", onExitCodes: { operator: "In", values: [3] } },
      ],
    },
  });
  expect(jobTargetRef).not.toHaveProperty("ttlSecondsAfterFinished");
});

test("the pod is that of a batch Job, without the files of tasks", () => {
  const common = {
    ...{ cpu: "500m", memory: "2Gi", gpu: 1, pool: "large", priorityClass: "low", fsGroup: 2000, runAsUser: 1000, taskDeadlineSeconds: 60 },
    ...{
      envFrom: ["db"],
      imagePullSecrets: ["registry"],
      serviceAccount: "worker",
      tolerations: [{ key: "gpu", operator: "Exists" as const }],
    },
    volumes: [{ scratch: "1Gi", mountPath: "/work" }],
    image: minimalQueue.image,
  };
  const job = manifests(parametersWith({ ...common, command: ["run"] }), "orders-1", [{ name: "a", env: {}, fingerprint: "0" }]);
  const { containers, volumes, ...pod } = specOf({ ...common, command: ["run"] }).jobTargetRef.template.spec;
  const theirs = (job.job.spec as unknown as JobSpec).template.spec;
  expect({ ...theirs, containers: undefined, volumes: undefined }).toEqual({ ...pod, containers: undefined, volumes: undefined });
  const ownOf = (list: readonly object[]) => list.filter((one) => !JSON.stringify(one).includes("tasks-"));
  expect(volumes).toEqual(ownOf(theirs.volumes));
  const { command, env, volumeMounts, ...container } = containers[0]!;
  const { command: wrapped, env: none, volumeMounts: mounts, ...other } = theirs.containers[0]!;
  expect(wrapped?.at(-1)).toBe("run");
  expect(container).toEqual(other);
  expect(volumeMounts).toEqual(ownOf(mounts));
  expect({ command, none }).toEqual({ command: ["run"], none: [] });
  expect(env).toHaveLength(4);
});

test("the worker is told what is expected of it; its lease outlives its run", () => {
  const { env } = containerOf({ itemsPerRun: 20, itemTries: 5, taskDeadlineSeconds: 600, env: { PRICE: "$(X)" } });
  expect(env).toEqual([
    { name: "PRICE", value: "$$(X)" },
    { name: "QUEUE_NAME", value: "orders" },
    { name: "QUEUE_ITEMS", value: "20" },
    { name: "QUEUE_TRIES", value: "5" },
    { name: "QUEUE_LEASE_SECONDS", value: "660" },
  ]);
});

test("the image's own entry point runs, unless there is a command or a line for the shell", () => {
  expect(containerOf({})).not.toHaveProperty("command");
  expect(containerOf({ command: ["echo", "$(A)"] }).command).toEqual(["echo", "$$(A)"]);
  expect(containerOf({ shell: "echo $HOME" }).command).toEqual(["bash", "-cl", "echo $$HOME"]);
});

test("a queue that is paused starts nothing", () => {
  expect(build({ paused: true }).scaledJob.metadata.annotations).toHaveProperty(["autoscaling.keda.sh/paused"], "true");
  expect(build().scaledJob.metadata.annotations).not.toHaveProperty(["autoscaling.keda.sh/paused"]);
});

test("triggers are told in KEDA's words, and what is secret stays in its Secret", () => {
  const query = "SELECT count(*) FROM orders";
  const server = { host: "db.batch.svc", user: "reader", database: "shop", sslMode: "require" as const };
  const key = (key: string) => ({ secret: "keys", key });
  const kafka = { bootstrapServers: ["a.b:1", "c.d:2"], group: "g", topic: "t", tls: true, sasl: "scram_sha512" as const };
  const { scaledJob, authentications } = build({
    itemsPerRun: 5,
    triggers: [
      { postgresql: { query, ...server, password: key("password") } },
      { kafka: { ...kafka, username: key("user"), password: key("password"), ca: key("ca.crt") } },
      { custom: { type: "rabbitmq", metadata: { queueName: "orders", value: "5" } } },
    ],
  });
  expect((scaledJob.spec as Spec).triggers).toEqual([
    {
      type: "postgresql",
      metadata: {
        ...{ query, targetQueryValue: "5", activationTargetQueryValue: "0" },
        ...{ host: "db.batch.svc", port: "5432", userName: "reader", dbName: "shop", sslmode: "require" },
      },
      authenticationRef: { name: "orders-trigger-0" },
    },
    {
      type: "kafka",
      metadata: {
        ...{ bootstrapServers: "a.b:1,c.d:2", consumerGroup: "g", topic: "t", lagThreshold: "5", activationLagThreshold: "0" },
        ...{ offsetResetPolicy: "earliest", allowIdleConsumers: "false", version: "3.6.0", sasl: "scram_sha512", tls: "enable" },
      },
      authenticationRef: { name: "orders-trigger-1" },
    },
    { type: "rabbitmq", metadata: { queueName: "orders", value: "5" } },
  ]);
  expect([...authentications.keys()]).toEqual([0, 1]);
  expect(authentications.get(1)).toMatchObject({
    ...{ apiVersion: "keda.sh/v1alpha1", kind: "TriggerAuthentication", metadata: { name: "orders-trigger-1", namespace: "batch" } },
    spec: {
      secretTargetRef: [
        { parameter: "username", name: "keys", key: "user" },
        { parameter: "password", name: "keys", key: "password" },
        { parameter: "ca", name: "keys", key: "ca.crt" },
      ],
    },
  });
});
