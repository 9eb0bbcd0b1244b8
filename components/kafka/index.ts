/** Kafka for programs in the cluster: one pod on a volume, or OVHcloud's managed service, with the same outputs. */
export type { KafkaArgs, KafkaOutputs, ManagedKafkaArgs, TopicArgs } from "./args";
export { Kafka } from "./kafka";
export { ManagedKafka } from "./managed";
