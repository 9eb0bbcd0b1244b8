import type { input } from "@pulumi/kubernetes/types";
import type * as pulumi from "@pulumi/pulumi";
import { parseQuantity } from "../../common/quantity";
import { containerSecurity } from "../kubernetes/pod";
import { volumePod } from "../kubernetes/volume-server";
import type { KafkaArgs, TopicArgs } from "./args";

export const port = 9092;
export const portName = "kafka";

const volumePath = "/var/lib/kafka";

type Base = Pick<KafkaArgs, "image" | "pool" | "poolTaints" | "imagePullSecrets">;

const temporary = { mount: { name: "tmp", mountPath: "/tmp" }, volume: { name: "tmp", emptyDir: { sizeLimit: "64Mi" } } };

/** Java's option of half the memory: the rest is for its own code, its threads, and the files that Kafka maps. */
export const heapOf = (memory: string): string => `${Math.floor(parseQuantity(memory)!.value / 2 / 2 ** 20)}m`;

export interface ServerArgs extends Base, Required<Pick<KafkaArgs, "cpu" | "memory" | "retentionHours">> {
  readonly claimName: pulumi.Input<string>;
  /** By which clients reach it. */
  readonly host: pulumi.Input<string>;
  /** 16 bytes, base64 for URLs: the data belong to this cluster alone. */
  readonly clusterId: pulumi.Input<string>;
}

export function serverPod(args: ServerArgs): input.core.v1.PodSpec {
  const { image, cpu, memory, retentionHours, claimName, host, clusterId } = args;
  const listens = { tcpSocket: { port: portName } };
  return {
    ...volumePod(args),
    // It hands its partitions over, and notes that its files are whole. Otherwise the next start reads them all.
    terminationGracePeriodSeconds: 60,
    containers: [
      {
        name: "kafka",
        image,
        imagePullPolicy: "IfNotPresent",
        args: ["serve"],
        env: [
          { name: "KAFKA_DATA", value: volumePath },
          { name: "KAFKA_HOST", value: host },
          { name: "KAFKA_CLUSTER_ID", value: clusterId },
          { name: "KAFKA_HEAP", value: heapOf(memory) },
          { name: "KAFKA_RETENTION_HOURS", value: String(retentionHours) },
        ],
        ports: [{ name: portName, containerPort: port }],
        // A start after a crash may have much to read.
        startupProbe: { ...listens, periodSeconds: 2, timeoutSeconds: 5, failureThreshold: 900 },
        readinessProbe: { ...listens, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 3 },
        livenessProbe: { ...listens, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
        resources: { requests: { cpu, memory }, limits: { memory } },
        securityContext: containerSecurity,
        volumeMounts: [{ name: "data", mountPath: volumePath }, temporary.mount],
      },
    ],
    volumes: [{ name: "data", persistentVolumeClaim: { claimName } }, temporary.volume],
  };
}

export interface TopicsArgs extends Base {
  readonly topics: readonly TopicArgs[];
  /** `host:port` */
  readonly server: pulumi.Input<string>;
}

/** Makes the topics. The broker may still start: it is tried again. */
export function topicsPod(args: TopicsArgs): input.core.v1.PodSpec {
  const { image, topics, server } = args;
  return {
    ...volumePod(args),
    restartPolicy: "OnFailure",
    containers: [
      {
        name: "topics",
        image,
        imagePullPolicy: "IfNotPresent",
        args: ["topics", ...topics.map(({ name, partitions }) => `${name}:${partitions}`)],
        env: [{ name: "KAFKA_BOOTSTRAP_SERVERS", value: server }],
        resources: { requests: { cpu: "100m", memory: "192Mi" }, limits: { memory: "192Mi" } },
        securityContext: containerSecurity,
        volumeMounts: [temporary.mount],
      },
    ],
    volumes: [temporary.volume],
  };
}
