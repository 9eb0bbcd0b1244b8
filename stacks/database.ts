import { Database, type DatabaseArgs, ManagedDatabase } from "../components/database";
import type { Settings } from "./config";
import { managedArgs, podArgs, type ServerOptions, type ServerParts } from "./server";

export interface DatabaseParts extends ServerParts {
  readonly bucket: NonNullable<DatabaseArgs["backup"]>["bucket"];
}

/** The database of the stack, in a namespace of its own or at OVHcloud. Undefined without one. */
export function createDatabase(settings: Settings, parts: DatabaseParts, opts: ServerOptions): Database | ManagedDatabase | undefined {
  const { enabled, kind, name: database, user, clientNamespaces, volume, cpu, memory, maxConnections, backup, managed } = settings.database;
  if (!enabled) return undefined;
  const common = { database, clientNamespaces, protected: settings.database.protected };
  if (kind === "managed") {
    const { providers, dependsOn } = opts;
    return new ManagedDatabase("database", { ...common, ...managedArgs(settings, managed, parts) }, { providers, dependsOn });
  }
  const { args, inside } = podArgs(settings, { namespace: "database", image: "postgresql" }, opts);
  const { enabled: isBackedUp, schedule, keep } = backup;
  const own = { user, volume, cpu, memory, maxConnections, ...(isBackedUp && { backup: { schedule, keep, bucket: parts.bucket } }) };
  return new Database("database", { ...common, ...args, ...own }, inside);
}
