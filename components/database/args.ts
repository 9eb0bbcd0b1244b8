import type * as pulumi from "@pulumi/pulumi";
import type { PlaceArgs } from "../kubernetes/pod";
import type { BucketArgs } from "../namespace";

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

export interface VolumeArgs {
  /** e.g. `10Gi`. It can grow later, and not shrink. */
  readonly size: string;
  /** Counts when the volume is made; a later change does nothing. @default the cluster's default storage class */
  readonly className?: string;
}

export interface DatabaseArgs extends CommonArgs, PlaceArgs {
  /** Name of the user who owns it: letters, digits and `_`. */
  readonly user: string;
  readonly volume: VolumeArgs;
  /** CPU request, e.g. `250m`. */
  readonly cpu: string;
  /** Memory request and limit, at least 256Mi; a quarter is for PostgreSQL's shared buffers. */
  readonly memory: string;
  /** Most connections at a time. @default 100 */
  readonly maxConnections?: number;
  /** Scheduled dumps into a bucket. @default none */
  readonly backup?: BackupArgs;
  /** Refuse to delete the volume, and keep it if its resource is removed all the same. @default false */
  readonly protected?: boolean;
}

export interface ManagedDatabaseArgs extends CommonArgs {
  /** Id of the Public Cloud project. */
  readonly serviceName: pulumi.Input<string>;
  /** Region of the database's nodes, e.g. `GRA`. */
  readonly region: pulumi.Input<string>;
  /** OVHcloud's plan, which decides the number of nodes: one for essential, two for business, three for enterprise. */
  readonly plan: "essential" | "business" | "enterprise";
  /** Flavor of the nodes, e.g. `db1-4`. */
  readonly flavor: pulumi.Input<string>;
  /** Major version of PostgreSQL, e.g. `17`. */
  readonly version: pulumi.Input<string>;
  /** Address ranges that may connect. OVHcloud refuses everyone else. */
  readonly ipRestrictions: readonly pulumi.Input<string>[];
  /** OVHcloud refuses to delete it. @default false */
  readonly protected?: boolean;
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
