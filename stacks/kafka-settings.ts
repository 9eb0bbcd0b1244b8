import * as z from "zod";
import { leastMemory, topicName, topicRule } from "../components/kafka/faults";
import { clientNamespaces, cpu, managed, memory, volume } from "./server-settings";

const topic = z
  .strictObject({
    partitions: z
      .int()
      .min(1)
      .max(1000)
      .default(1)
      .describe("most runs of a queue that read it at a time; it can grow later, and not shrink"),
  })
  .describe("a topic, by its name");

/** Settings of Kafka for programs in the cluster. */
export const kafka = z
  .strictObject({
    enabled: z.boolean().default(false).describe("run Kafka for programs in the cluster"),
    kind: z
      .enum(["pod", "managed"])
      .default("pod")
      .describe("`pod`: one pod on a volume, for small use; `managed`: OVHcloud's managed Kafka. A change starts with empty topics"),
    topics: z
      .record(z.string().regex(topicName, topicRule), topic)
      .default({})
      .describe("topics by name, such as those that the `queues` read; none is made by using it"),
    retentionHours: z.int().min(1).max(87_600).default(168).describe("how long records are kept, read or not, in hours"),
    clientNamespaces: clientNamespaces("kafka"),
    volume,
    cpu,
    memory: memory(leastMemory).default("1Gi").describe(`memory of the pod, at least ${leastMemory}; half is for its heap`),
    managed: z
      .strictObject({
        ...managed,
        plan: z.enum(["business", "enterprise"]).default("business").describe("OVHcloud's plan: three or six nodes"),
        version: z
          .string()
          .regex(/^\d+\.\d+$/, "must be a version such as 4.0, in quotes")
          .default("4.0")
          .describe("version of Kafka"),
      })
      .prefault({})
      .describe("the managed Kafka"),
    protected: z.boolean().default(false).describe("refuse to delete the volume, or the managed Kafka and its topics"),
  })
  .prefault({})
  .describe("Kafka for programs in the cluster");
