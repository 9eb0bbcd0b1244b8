/** PostgreSQL for programs in the cluster: one pod on a volume, or OVHcloud's managed service, with the same outputs. */
export type { BackupArgs, DatabaseArgs, DatabaseOutputs, ManagedDatabaseArgs } from "./args";
export { Database } from "./database";
export { ManagedDatabase } from "./managed";
