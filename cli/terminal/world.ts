/** What the command line needs of the world; a test has its own. */
import { execFile } from "node:child_process";
import { homedir } from "node:os";
import { type Cluster } from "../../kubernetes/cluster";
import { connect } from "../../kubernetes/connect";
import { type Timing } from "../../kubernetes/client";
import { type StoreSettings, type Store } from "../../batch/storage/store";
import { openBucket } from "../../batch/storage/s3/store";

export interface Stream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Width of the terminal in characters. */
  readonly columns?: number;
}

export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** The current folder. */
  readonly cwd: string;
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly connect: (kubeconfig: string, timing?: Timing) => Cluster & { close?(): void };
  /** @param say reports that the bucket does not respond */
  readonly openStore: (settings: StoreSettings, say: (text: string) => void) => Store;
  /** Runs `pulumi` and returns its output. @throws with its error message */
  readonly pulumi: (args: readonly string[]) => Promise<string>;
  /** Aborted when the user interrupts. */
  readonly interrupted: AbortSignal;
}

/** Milliseconds that `pulumi stack output` may take. */
const pulumiTimeout = 60_000;

export function realWorld(interrupted: AbortSignal): World {
  return {
    env: process.env,
    home: homedir(),
    cwd: process.cwd(),
    stdout: process.stdout,
    stderr: process.stderr,
    now: Date.now,
    connect,
    openStore: openBucket,
    pulumi,
    interrupted,
  };
}

function pulumi(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile("pulumi", args, { timeout: pulumiTimeout, maxBuffer: 64 * 2 ** 20 }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      // Never stdout: it may hold secrets.
      const complaint = stderr
        .trim()
        .split("\n")
        .at(-1)
        ?.replace(/^error: /, "");
      const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
      reject(
        new Error(missing ? "the program pulumi is not installed" : complaint || (error.killed ? "no answer within 60 s" : "it failed")),
      );
    });
  });
}
