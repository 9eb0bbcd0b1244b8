import type { ExecOptions } from "../lib/exec";

/** Runs `kubectl` against the local cluster. */
export type Kubectl = (args: readonly string[], options?: ExecOptions) => Promise<string>;
