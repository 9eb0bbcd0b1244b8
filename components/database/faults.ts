import { sizeFaults } from "../kubernetes/volume-server";
import type { Fault } from "../pulumi/faults";
import type { CommonArgs, DatabaseArgs, ManagedDatabaseArgs } from "./args";
import { restrictionFaults } from "./managed-cluster";

/** With less, PostgreSQL's own processes and some connections do not fit. */
export const leastMemory = "256Mi";

const identifier = /^[a-z_][a-z0-9_]{0,62}$/;

/** Roles that are there already, or that a backup needs. */
const taken = ["postgres", "backup"];

const rule = "must start with a lower-case letter and have up to 63 lower-case letters, digits and '_'";

function databaseFaults({ database }: CommonArgs): Fault[] {
  return [
    ...(identifier.test(database) ? [] : [{ property: "database", value: database, rule }]),
    ...(["postgres", "template0", "template1"].includes(database)
      ? [{ property: "database", value: database, rule: "must not be a database of PostgreSQL's own" }]
      : []),
  ];
}

/** What is wrong with the args of a Database. */
export function faultsOf(args: DatabaseArgs): Fault[] {
  const { user, maxConnections = 100, backup } = args;
  const faults = databaseFaults(args);
  if (!identifier.test(user)) faults.push({ property: "user", value: user, rule });
  if (taken.includes(user)) faults.push({ property: "user", value: user, rule: `must be none of ${taken.join(", ")}` });
  faults.push(...sizeFaults(args, leastMemory, "512Mi"));
  if (!Number.isInteger(maxConnections) || maxConnections < 10 || maxConnections > 1000)
    faults.push({ property: "maxConnections", value: maxConnections, rule: "must be an integer from 10 to 1000" });
  if (backup && (!Number.isInteger(backup.keep) || backup.keep < 1 || backup.keep > 500))
    faults.push({ property: "backup.keep", value: backup.keep, rule: "must be an integer from 1 to 500" });
  return faults;
}

/** What is wrong with the args of a ManagedDatabase. */
export const managedFaultsOf = (args: ManagedDatabaseArgs): Fault[] => [...databaseFaults(args), ...restrictionFaults(args)];
