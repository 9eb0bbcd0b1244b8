import type * as pulumi from "@pulumi/pulumi";
import type { Billing } from "../common/billing";
import type { DatabaseOutputs } from "../components/database";
import type { KafkaOutputs } from "../components/kafka";
import { QueueJob, type QueueTrigger } from "../components/keda/queue-job";
import type { BatchNamespace } from "../components/namespace";
import type { Settings } from "./config";
import type { Prices } from "./prices";

interface Servers {
  readonly database: DatabaseOutputs | undefined;
  readonly kafka: KafkaOutputs | undefined;
}

interface QueueParts extends Servers {
  readonly namespace: BatchNamespace;
  readonly prices: Prices & { readonly billing: Billing };
}

/** The queues of the settings: rows of the stack's database, or records of its Kafka. @param opts they depend on KEDA, the database and Kafka */
export function createQueues(
  { images, queues }: Settings,
  { namespace, database, kafka, prices }: QueueParts,
  opts: pulumi.ComponentResourceOptions,
): QueueJob[] {
  return Object.entries(queues).map(([queue, { image, query, oldestQuery, deadLettersQuery, topic, ...rest }]) => {
    const args = {
      ...rest,
      ...sourceOf(queue, { query, oldestQuery, deadLettersQuery, topic }, { database, kafka }),
      namespace: namespace.namespaceName,
      // A name alone is no reference that a registry could have.
      image: /[/:]/.test(image) ? image : `${images.registry}/${image}:${images.tag}`,
      ...(namespace.pullSecret && { imagePullSecrets: [namespace.pullSecret.metadata.name] }),
      prices,
    };
    return new QueueJob(queue, args, opts);
  });
}

type Source = Pick<Settings["queues"][string], "query" | "oldestQuery" | "deadLettersQuery" | "topic">;

/** Where the items are, and what the runs connect with. The rules of the settings see to it that there is what they name. */
function sourceOf(
  queue: string,
  { query, oldestQuery, deadLettersQuery, topic }: Source,
  { database, kafka }: Servers,
): { readonly triggers: QueueTrigger[]; readonly envFrom: pulumi.Input<string>[] } {
  if (kafka && topic !== undefined) {
    // What comes of the records may go into the database.
    const envFrom = [kafka.accessSecret, ...(database ? [database.passwordSecret] : [])];
    return { triggers: [{ kafka: { ...kafka.connection, topic, group: queue } }], envFrom };
  }
  const { host, port, database: name, user, passwordSecret } = database!;
  const password = { secret: passwordSecret, key: "PGPASSWORD" };
  const rows = { query: query!, oldestQuery, deadLettersQuery, host, port, user, database: name, sslMode: "require", password } as const;
  return { triggers: [{ postgresql: rows }], envFrom: [passwordSecret] };
}
