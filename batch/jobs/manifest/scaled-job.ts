/** The ScaledJob of a queue: KEDA makes Jobs of it, each with one pod. Each is an Indexed Job of one task, so that all else reads it as any other. */
import { type QueueParameters, settingsOf, type Trigger, workerVariables } from "../../spec/queue";
import { attemptsOf, failureRules, podMetadata } from "./job";
import { annotations, commonLabels, labels } from "./marks";
import { podSpec } from "./pod";

const apiVersion = "keda.sh/v1alpha1";

/** How much longer than its run an item is leased, in seconds. */
const leaseMargin = 60;

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: object;
}

export interface QueueManifests {
  readonly scaledJob: Manifest;
  /** For each trigger that reads Secrets, by its number. */
  readonly authentications: ReadonlyMap<number, Manifest>;
}

export function queueManifests(queue: QueueParameters): QueueManifests {
  const { name, namespace, triggers } = queue;
  const own = { ...commonLabels(queue), [labels.queue]: "true" };
  const parts = triggers.map((trigger) => partsOf(trigger, queue));
  const named = (n: number): string => `${name}-trigger-${n}`;
  const authentications = new Map(
    parts.flatMap(({ secrets }, n): [number, Manifest][] =>
      secrets.length === 0
        ? []
        : [
            [
              n,
              {
                apiVersion,
                kind: "TriggerAuthentication",
                metadata: { name: named(n), namespace, labels: own },
                spec: { secretTargetRef: secrets.map(([parameter, { secret, key }]) => ({ parameter, name: secret, key })) },
              },
            ],
          ],
    ),
  );
  const scaledJob = {
    apiVersion,
    kind: "ScaledJob",
    metadata: {
      name,
      namespace,
      // KEDA copies both to the Jobs.
      labels: own,
      annotations: {
        ...queue.annotations,
        [annotations.queue]: JSON.stringify(settingsOf(queue)),
        ...(queue.paused && { "autoscaling.keda.sh/paused": "true" }),
      },
    },
    spec: {
      jobTargetRef: jobSpec(queue),
      pollingInterval: queue.pollingSeconds,
      maxReplicaCount: queue.maxReplicas,
      scalingStrategy: { strategy: queue.strategy },
      rollout: { strategy: queue.rollout },
      successfulJobsHistoryLimit: queue.successfulHistory,
      failedJobsHistoryLimit: queue.failedHistory,
      triggers: parts.map(({ type, metadata }, n) => ({
        type,
        metadata,
        ...(authentications.has(n) && { authenticationRef: { name: named(n) } }),
      })),
    },
  };
  return { scaledJob, authentications };
}

/** Without a time to live: it would delete what nobody has recorded yet. */
function jobSpec(queue: QueueParameters): object {
  const { name, itemsPerRun, itemTries, taskDeadlineSeconds } = queue;
  const worker = {
    [workerVariables.name]: name,
    [workerVariables.items]: String(itemsPerRun),
    [workerVariables.tries]: String(itemTries),
    [workerVariables.lease]: String(taskDeadlineSeconds + leaseMargin),
  };
  return {
    ...attemptsOf(queue),
    completions: 1,
    parallelism: 1,
    podFailurePolicy: { rules: failureRules(queue) },
    template: {
      metadata: podMetadata(queue, { labels: { [labels.queue]: "true" }, annotations: { [annotations.recordedBy]: "controller" } }),
      spec: podSpec({ ...queue, env: { ...queue.env, ...worker } }),
    },
  };
}

interface SecretKey {
  readonly secret: string;
  readonly key: string;
}

interface TriggerParts {
  readonly type: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Parameters of the scaler that are keys of Secrets. */
  readonly secrets: readonly (readonly [parameter: string, from: SecretKey])[];
}

const givenOf = <T>(values: Readonly<Record<string, T | undefined>>): [string, T][] =>
  Object.entries(values).filter((entry): entry is [string, T] => entry[1] !== undefined);

/** A trigger in KEDA's words, whose values are all texts. */
function partsOf({ postgresql, kafka, custom }: Trigger, { itemsPerRun }: Pick<QueueParameters, "itemsPerRun">): TriggerParts {
  if (postgresql) {
    const { query, activation, connection, host, port, user, database, sslMode, password } = postgresql;
    const server = host === undefined ? {} : { host, port: String(port), userName: user, dbName: database, sslmode: sslMode };
    const metadata = { query, targetQueryValue: String(itemsPerRun), activationTargetQueryValue: String(activation), ...server };
    return { type: "postgresql", metadata: Object.fromEntries(givenOf(metadata)), secrets: givenOf({ connection, password }) };
  }
  if (kafka) {
    const { bootstrapServers, group, topic, activation, version, sasl, tls, username, password, ca } = kafka;
    const metadata = {
      bootstrapServers: bootstrapServers.join(","),
      consumerGroup: group,
      topic,
      lagThreshold: String(itemsPerRun),
      activationLagThreshold: String(activation),
      offsetResetPolicy: kafka.offsetResetPolicy,
      allowIdleConsumers: String(kafka.allowIdleConsumers),
      version,
      sasl,
      tls: tls ? "enable" : "disable",
    };
    return { type: "kafka", metadata, secrets: givenOf({ username, password, ca }) };
  }
  const { type, metadata, authentication = {} } = custom!;
  return { type, metadata, secrets: Object.entries(authentication) };
}
