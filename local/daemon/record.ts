import { existsSync, readFileSync } from "node:fs";
import { writeAtomic } from "../lib/files";
import { paths } from "../lib/paths";
import { isAlive, type ProcessIdentity } from "../lib/proc";

/** What the daemon says of itself in `.local/daemon.json`. */
export interface DaemonRecord extends ProcessIdentity {
  /** What it is doing, for people. */
  readonly phase: string;
  readonly ready: boolean;
  /** Why it ended, if that is something that the user can mend. */
  readonly fault?: string;
}

export const writeRecord = (record: DaemonRecord): Promise<void> => writeAtomic(paths.daemon, JSON.stringify(record));

export function readRecord(): DaemonRecord | undefined {
  return existsSync(paths.daemon) ? (JSON.parse(readFileSync(paths.daemon, "utf8")) as DaemonRecord) : undefined;
}

/** The record of a daemon that runs. */
export function runningDaemon(): DaemonRecord | undefined {
  const record = readRecord();
  return isAlive(record) ? record : undefined;
}
