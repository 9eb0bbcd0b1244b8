import type * as pulumi from "@pulumi/pulumi";
import type { VolumeServerPlaceArgs } from "../kubernetes/volume-server";
import type { BucketArgs } from "../namespace";
import type { ManagedClusterArgs } from "./managed-cluster";

/** What both kinds of database have. */
export interface CommonArgs {
  /** Name of the database: letters, digits and `_`. */
  readonly database: string;
  /** Namespaces, which must be there, whose pods connect: each gets the Secret {@link DatabaseOutputs.passwordSecret}. */
  readonly clientNamespaces: readonly pulumi.Input<string>[];
}

export interface BackupArgs {
  /** When backups are made: a cron expression, in UTC. */
  readonly schedule: string;
  /** How many backups there are; the oldest go. */
  readonly keep: number;
  /** Bucket of the backups, with the keys of its operators. */
  readonly bucket: Pick<BucketArgs, "name" | "endpoint" | "region" | "operatorCredentials">;
}

export interface DatabaseArgs extends CommonArgs, VolumeServerPlaceArgs {
  /** Name of the user who owns it: letters, digits and `_`. */
  readonly user: string;
  /** CPU request, e.g. `250m`. */
  readonly cpu: string;
  /** Memory request and limit, at least 256Mi; a quarter is for PostgreSQL's shared buffers. */
  readonly memory: string;
  /** Most connections at a time. @default 100 */
  readonly maxConnections?: number;
  /** Scheduled dumps into a bucket. @default none */
  readonly backup?: BackupArgs;
}

export interface ManagedDatabaseArgs extends CommonArgs, ManagedClusterArgs {
  /** OVHcloud's plan, which decides the number of nodes: one for essential, two for business, three for enterprise. */
  readonly plan: "essential" | "business" | "enterprise";
}

/** What programs need to connect; the same whatever runs the database. */
export interface DatabaseOutputs {
  readonly host: pulumi.Output<string>;
  readonly port: pulumi.Output<number>;
  readonly database: pulumi.Output<string>;
  readonly user: pulumi.Output<string>;
  /** Name of a Secret in each client namespace with the variables of libpq, PGPASSWORD among them, for `envFrom`. */
  readonly passwordSecret: pulumi.Output<string>;
}
