import { readFileSync, writeFileSync } from "node:fs";

/** A process that cannot be taken for another one that later gets the same id. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks from boot to the start of the process. */
  readonly start: string;
}

/** The fields of a /proc/PID/stat text after the command's name, which may itself contain spaces and parentheses. */
function statFields(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** Start time of a living process; undefined for one that is gone or a zombie. */
export function startTime(pid: number): string | undefined {
  try {
    const fields = statFields(readFileSync(`/proc/${pid}/stat`, "utf8"));
    return fields[0] === "Z" || fields[0] === "X" ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

export function isAlive(identity: ProcessIdentity | undefined): identity is ProcessIdentity {
  return identity !== undefined && startTime(identity.pid) === identity.start;
}

const bootId = (): string => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();

/** Reads a record "pid start" written by init.sh or spawn.sh. */
export function readIdentity(file: string): ProcessIdentity | undefined {
  try {
    const [pid, start] = readFileSync(file, "utf8").trim().split(" ");
    return pid && start ? { pid: Number(pid), start } : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a folder's records are of this boot of the machine; start times of another boot mean nothing. */
export function sameBoot(file: string): boolean {
  try {
    return readFileSync(file, "utf8") === bootId();
  } catch {
    return false;
  }
}

export function recordBoot(file: string): void {
  writeFileSync(file, bootId());
}

/** Sends a signal; a process that is gone is no error. */
export function signal(identity: ProcessIdentity | undefined, name: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
