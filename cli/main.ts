/** The command line `mks-batch`: a thin layer over batch/, as the Pulumi resource is. */
import { setMaxListeners } from "node:events";
import { messageOf } from "../batch";
import { printable } from "../common/printable";
import { CliError, exitCodes, statusOf } from "./terminal/errors";
import { createProgram, separated, unknownFlags } from "./program";
import { realWorld, type World } from "./terminal/world";

/** Runs one command and answers the status to end with. */
export async function runProgram(given: readonly string[], world: World): Promise<number> {
  const { env, stderr, interrupted } = world;
  const state = { exitCode: 0 };
  // Every log that is followed listens to it.
  setMaxListeners(0, interrupted);
  try {
    const argv = separated(given, world);
    const faults = unknownFlags(argv, world);
    if (faults.length > 0) throw new CliError(faults.join("\n"), exitCodes.usage);
    const interruption = new Promise<never>((_resolve, reject) => {
      const stop = () => setImmediate(() => reject(new CliError("interrupted", exitCodes.interrupted)));
      interrupted.addEventListener("abort", stop, { once: true });
    });
    await Promise.race([createProgram(world, state).parseAsync(argv, { from: "user" }), interruption]);
    return state.exitCode;
  } catch (error) {
    const { exitCode, expected } = statusOf(error);
    const fromCommander = error instanceof Error && error.name === "CommanderError";
    // Commander has printed its own.
    if (!fromCommander)
      for (const line of printable(messageOf(error)).split("\n")) stderr.write(`${line.startsWith(" ") ? "" : "error: "}${line}\n`);
    if (!fromCommander && (env.DEBUG || !expected))
      stderr.write(`${env.DEBUG ? ((error as Error).stack ?? "") : "This is a fault of the program; DEBUG=1 shows where."}\n`);
    return exitCode;
  }
}

/** Runs the command of this process. A first Ctrl-C lets it say how to come back; a second one ends it at once. */
export function main(): void {
  const interruption = new AbortController();
  process.on("SIGINT", () => {
    if (interruption.signal.aborted) process.exit(exitCodes.interrupted);
    interruption.abort();
  });
  // Whoever reads has seen enough, e.g. `mks-batch list | head`.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? exitCodes.done : exitCodes.failed));
  // What still waits when the answer is there, such as an interrupted watch, must not hold the program up.
  void runProgram(process.argv.slice(2), realWorld(interruption.signal)).then((exitCode) => process.exit(exitCode));
}
