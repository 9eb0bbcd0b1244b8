/** How the program ends. */
import { CommanderError } from "commander";
import { BatchError, messageOf, parameterNames, StoreError } from "../../batch";
import { ClusterError } from "../../kubernetes/cluster";

/** Exit statuses; scripts rely on them. */
export const exitCodes = {
  /** Done; after a wait: every task succeeded. */
  done: 0,
  /** Some tasks failed or were not finished. */
  failed: 1,
  /** Wrong usage or parameters, or a file that cannot be read or written: nothing was launched. */
  usage: 2,
  /** There is no such Job. */
  noJob: 3,
  /** The cluster or the bucket cannot be reached. */
  unreachable: 4,
  /** Interrupted; what was launched goes on. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A fault to show as it is, with the status to end with. */
export class CliError extends Error {
  override readonly name = "CliError";
  constructor(
    message: string,
    readonly exitCode: ExitCode,
  ) {
    super(message);
  }
}

/** Returns true if a file that the user named cannot be read or written; the message names the file and the reason. */
const isFileFault = (error: unknown): boolean => typeof error === "object" && error !== null && "syscall" in error && "path" in error;

/** @param faults what is wrong, a line each */
export const usageError = (faults: readonly string[]): CliError => new CliError(faults.join("\n"), exitCodes.usage);

/** Returns the exit status for an error. `expected` is true if the user or the environment caused it, and false for a bug. */
export function statusOf(error: unknown): { exitCode: number; expected: boolean } {
  if (error instanceof CliError) return { exitCode: error.exitCode, expected: true };
  // Commander has its own statuses: 0 after --help and --version, 1 for wrong usage.
  if (error instanceof CommanderError) return { exitCode: error.exitCode && exitCodes.usage, expected: true };
  if (isFileFault(error)) return { exitCode: exitCodes.usage, expected: true };
  if (error instanceof StoreError) return { exitCode: exitCodes.unreachable, expected: true };
  if (error instanceof ClusterError) {
    const refused = error.status === 400 || error.status === 422;
    return { exitCode: refused ? exitCodes.usage : exitCodes.unreachable, expected: true };
  }
  if (error instanceof BatchError)
    return { exitCode: namesParameter(messageOf(error)) ? exitCodes.usage : exitCodes.failed, expected: true };
  return { exitCode: exitCodes.failed, expected: false };
}

/** Errors that only the cluster or the bucket reveals begin with the parameter, e.g. "pool: there is no node pool 'gpu'". */
const namesParameter = (message: string): boolean => parameterNames.includes(/^(\w+)(?=[.:[])/.exec(message)?.[1] ?? "");
