import { spawn } from "node:child_process";
import { closeSync, openSync, rmSync } from "node:fs";
import { isAlive, readIdentity, signal } from "./proc";
import { waitUntil } from "./wait";

export interface BackgroundOptions {
  /** File in which the process writes down who it is. */
  readonly record: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** Gets its output. */
  readonly logFile: string;
  readonly env: NodeJS.ProcessEnv;
}

/** The process itself writes down who it is, so that no moment of its starter's death leaves an unknown one behind. */
const recordAndRun = 'echo "$$ $(cut -d" " -f22 /proc/$$/stat)" >"$0.new" && mv "$0.new" "$0" && exec "$@"';

/** Starts a process that outlives this one, which later ones find again by its record. Answers what tells why it ended, once it has. */
export function startInBackground({ record, command, args, cwd, logFile, env }: BackgroundOptions): () => string | undefined {
  const log = openSync(logFile, "a", 0o600);
  const child = spawn("sh", ["-c", recordAndRun, record, command, ...args], { detached: true, cwd, stdio: ["ignore", log, log], env });
  closeSync(log);
  let failure: string | undefined;
  child.on("error", (error) => (failure = error.message));
  child.on("exit", (code) => (failure ??= `it ended with exit status ${code}`));
  child.unref();
  return () => failure;
}

/** Ends the process of a record; does nothing when it does not run. @param name for the message when it does not end */
export async function stopInBackground(record: string, name: string): Promise<void> {
  const identity = readIdentity(record);
  signal(identity, "SIGTERM");
  if (!(await waitUntil(() => !isAlive(identity), 5_000))) signal(identity, "SIGKILL");
  if (!(await waitUntil(() => !isAlive(identity), 5_000))) throw new Error(`${name} (pid ${identity?.pid}) does not end.`);
  rmSync(record, { force: true });
}
