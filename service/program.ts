import { setMaxListeners } from "node:events";
import { ConfigError } from "../common/config-error";
import { BatchError } from "../common/errors";

/**
 * Aborts when the process is told to end.
 * @param listeners from which on Node.js warns of a leak, instead of from ten on: every watch, call and wait listens. 0: never
 */
export function untilSignal(listeners: number): AbortSignal {
  const stop = new AbortController();
  setMaxListeners(listeners, stop.signal);
  for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => stop.abort());
  return stop.signal;
}

/** Runs a program in the cluster to its end, and ends the process: with 0, 2 for a wrong option or configuration, which is told without a stack trace, or 1. */
export function runProgram(main: () => Promise<void>): void {
  main().then(
    () => process.exit(0),
    (error: unknown) => {
      const expected =
        error instanceof ConfigError || error instanceof BatchError || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
      console.error(expected ? (error as Error).message : error);
      process.exit(expected ? 2 : 1);
    },
  );
}
