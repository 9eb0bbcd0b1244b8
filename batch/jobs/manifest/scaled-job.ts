/** The ScaledJob of a queue: KEDA makes Jobs of it, each with one pod. Each is an Indexed Job of one task, so that all else reads it as any other. */
import { never, type QueueParameters, settingsOf, type Trigger, workerVariables } from "../../spec/queue";
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
      triggers: parts.flatMap(({ type, metadata, watched = [] }, n) => {
        const reads = authentications.has(n) && { authenticationRef: { name: named(n) } };
        return [
          { type, metadata, ...reads },
          ...watched.map(({ kind, metadata }) => ({ type, name: watchName(kind, n), metadata, ...reads })),
        ];
      }),
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

/** What KEDA asks only to tell it in its metrics, with the name as the label `scaler`; alerts and dashboards go by these names. */
const watches = { oldest: "oldest-item", dead: "dead-letters" } as const;
const watchName = (kind: keyof typeof watches, trigger: number): string => `${watches[kind]}-${trigger}`;

/** Whether a trigger of a ScaledJob is there for the metrics alone. */
export const isWatch = ({ name = "" }: { readonly name?: string }): boolean =>
  Object.values(watches).some((kind) => name.startsWith(`${kind}-`));

interface TriggerParts {
  readonly type: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Further queries of the same connection. */
  readonly watched?: readonly { readonly kind: keyof typeof watches; readonly metadata: Readonly<Record<string, string>> }[];
  /** Parameters of the scaler that are keys of Secrets. */
  readonly secrets: readonly (readonly [parameter: string, from: SecretKey])[];
}

const givenOf = <K extends string, T>(values: Readonly<Partial<Record<K, T>>>): [K, T][] =>
  (Object.entries(values) as [K, T | undefined][]).filter((entry): entry is [K, T] => entry[1] !== undefined);

/** A trigger in KEDA's words, whose values are all texts. */
function partsOf({ postgresql, kafka, custom }: Trigger, { itemsPerRun }: Pick<QueueParameters, "itemsPerRun">): TriggerParts {
  if (postgresql) {
    const { query, oldestQuery, deadLettersQuery, activation, connection, host, port, user, database, sslMode, password } = postgresql;
    const server = host === undefined ? {} : { host, port: String(port), userName: user, dbName: database, sslmode: sslMode };
    const asked = (query: string, least: number): Record<string, string> => {
      const metadata = { query, targetQueryValue: String(itemsPerRun), activationTargetQueryValue: String(least), ...server };
      return Object.fromEntries(givenOf(metadata));
    };
    return {
      type: "postgresql",
      metadata: asked(query, activation),
      // KEDA leaves triggers that are not active out of its count.
      watched: givenOf({ oldest: oldestQuery, dead: deadLettersQuery }).map(([kind, text]) => ({ kind, metadata: asked(text, never) })),
      secrets: givenOf({ connection, password }),
    };
  }
  if (kafka) {
    const { bootstrapServers, group, topic, activation, version, sasl, tls, username, password, ca, certificate, key } = kafka;
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
    return { type: "kafka", metadata, secrets: givenOf({ username, password, ca, cert: certificate, key }) };
  }
  const { type, metadata, authentication = {} } = custom!;
  return { type, metadata, secrets: Object.entries(authentication) };
}
