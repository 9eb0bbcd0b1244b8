import type * as pulumi from "@pulumi/pulumi";
import type { ManagedClusterArgs } from "../database/managed-cluster";
import type { VolumeServerPlaceArgs } from "../kubernetes/volume-server";
import type { Connection } from "./access";

export interface TopicArgs {
  /** Letters, digits, `.`, `_` and `-`. */
  readonly name: string;
  /** Most runs of a queue that read it at a time. It can grow later, and not shrink. */
  readonly partitions: number;
}

/** What both kinds of Kafka have. */
export interface CommonArgs {
  readonly topics: readonly TopicArgs[];
  /** How long records are kept, read or not, in hours. @default 168 */
  readonly retentionHours?: number;
  /** Namespaces, which must be there, whose pods connect: each gets the Secret {@link KafkaOutputs.accessSecret}. */
  readonly clientNamespaces: readonly pulumi.Input<string>[];
}

export interface KafkaArgs extends CommonArgs, VolumeServerPlaceArgs {
  /** CPU request, e.g. `250m`. */
  readonly cpu: string;
  /** Memory request and limit, at least 512Mi; half is for the heap. */
  readonly memory: string;
}

export interface ManagedKafkaArgs extends CommonArgs, ManagedClusterArgs {
  /** OVHcloud's plan, which decides the number of nodes: three for business, six for enterprise. */
  readonly plan: "business" | "enterprise";
}

/** What programs need to connect; the same whatever runs Kafka. */
export interface KafkaOutputs {
  /** For the trigger of a queue: `kafka: { ...kafka.connection, group, topic }`. */
  readonly connection: Connection;
  /** `host:port`, as the trigger of a queue wants them. */
  readonly bootstrapServers: pulumi.Output<string[]>;
  /** Whether clients connect by TLS, with a certificate of their own, which the Secret has. */
  readonly tls: pulumi.Output<boolean>;
  /** Name of a Secret in each client namespace with variables for `envFrom`: `accessKeys` in access.ts. */
  readonly accessSecret: pulumi.Output<string>;
}
