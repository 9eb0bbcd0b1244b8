import { Kafka, ManagedKafka } from "../components/kafka";
import type { Settings } from "./config";
import { managedArgs, podArgs, type ServerOptions, type ServerParts } from "./server";

/** The Kafka of the stack, in a namespace of its own or at OVHcloud. Undefined without one. */
export function createKafka(settings: Settings, parts: ServerParts, opts: ServerOptions): Kafka | ManagedKafka | undefined {
  const { enabled, kind, retentionHours, clientNamespaces, volume, cpu, memory, managed } = settings.kafka;
  if (!enabled) return undefined;
  const topics = Object.entries(settings.kafka.topics).map(([name, { partitions }]) => ({ name, partitions }));
  const common = { topics, retentionHours, clientNamespaces, protected: settings.kafka.protected };
  if (kind === "managed") {
    const { providers, dependsOn } = opts;
    return new ManagedKafka("kafka", { ...common, ...managedArgs(settings, managed, parts) }, { providers, dependsOn });
  }
  const { args, inside } = podArgs(settings, { namespace: "kafka", image: "kafka" }, opts);
  return new Kafka("kafka", { ...common, ...args, volume, cpu, memory }, inside);
}
