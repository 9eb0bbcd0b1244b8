/** A peer that is slow is measured up to a bound; what it takes is then known to be at least that. */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { poll } from "../../common/poll";
import { median } from "../harness/result";

/** Seconds that something took; where it was cut off, it takes at least these. */
export interface Duration {
  readonly seconds: number;
  /** False where it was cut off. */
  readonly ended: boolean;
}

/** e.g. "72.0 s" or "at least 72.0 s" */
export const describeDuration = ({ seconds, ended }: Duration): string => `${ended ? "" : "at least "}${seconds.toFixed(1)} s`;

/** The median of several; it is at least that as soon as one of them was cut off. */
export const medianDuration = (durations: readonly Duration[]): Duration => ({
  seconds: median(durations.map(({ seconds }) => seconds)),
  ended: durations.every(({ ended }) => ended),
});

/** The same without what goes before, e.g. the time of an empty update. */
export const less = ({ seconds, ended }: Duration, before: number): Duration => ({ seconds: seconds - before, ended });

interface Surroundings {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Seconds that the command has to end after it was told to. */
  readonly grace?: number;
}

/**
 * Runs a command for up to `bound` seconds; then it is told to end as by Ctrl-C, and killed with all that it started where it does not.
 * @throws when it fails by itself
 */
export async function timeUpTo(
  bound: number,
  command: string,
  args: readonly string[],
  { cwd, env, grace = 10 }: Surroundings,
): Promise<Duration> {
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  // A group of its own, so that what it starts can be ended with it.
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-4000)));
  const exit = new Promise<number | null>((resolve, reject) => child.on("error", reject).on("exit", resolve));
  const rest = new AbortController();
  const late = sleep(bound * 1000, "late" as const, { signal: rest.signal }).catch(() => "late" as const);
  const code = await Promise.race([exit, late]).finally(() => rest.abort());
  if (code === 0) return { seconds: seconds(), ended: true };
  if (code !== "late") throw new Error(`${command} ${args.join(" ")}: exit status ${code}\n${output}`);
  const cut: Duration = { seconds: seconds(), ended: false };
  signalGroup(child.pid!, "SIGINT");
  await Promise.race([exit, sleep(grace * 1000, undefined, { ref: false })]);
  signalGroup(child.pid!, "SIGKILL");
  await exit;
  return cut;
}

/** Asks again and again until `check` holds, for up to `bound` seconds. */
export function untilBound(bound: number, check: () => Promise<boolean>): Promise<Duration> {
  const start = performance.now();
  const seconds = (): number => (performance.now() - start) / 1000;
  return poll<Duration>(async () => ((await check()) ? { seconds: seconds(), ended: true } : undefined), {
    timeout: bound * 1000,
    pause: 20,
    overdue: () => ({ seconds: seconds(), ended: false }),
  });
}

function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch {
    // All of it has ended.
  }
}
