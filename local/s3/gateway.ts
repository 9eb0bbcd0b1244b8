import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startInBackground, stopInBackground } from "../lib/background";
import { writeAtomic } from "../lib/files";
import { UserError } from "../lib/errors";
import { isAlive, readIdentity } from "../lib/proc";
import { waitUntil } from "../lib/wait";
import type { Credentials } from "./sigv4";

export interface GatewayOptions {
  /** Path of the program versitygw. */
  readonly binary: string;
  /** Folder of its data and records. */
  readonly folder: string;
  readonly logFile: string;
  /** Address to listen on. */
  readonly host: string;
  readonly port: number;
  /** The region's name in S3: lower case. */
  readonly region: string;
}

/** Milliseconds for the server to answer its first request. */
const startTimeout = 60_000;

/** How often it is checked that the server runs, in milliseconds. */
const checkInterval = 1_000;

/** The S3 server: a process of its own that outlives the daemon, which finds it again by its record. */
export class Gateway {
  readonly endpoint: string;

  constructor(private readonly options: GatewayOptions) {
    this.endpoint = `http://${options.host}:${options.port}`;
  }

  /** Starts the server unless it runs, and resolves once it answers. @throws {UserError} when its port is taken */
  async start(): Promise<Credentials> {
    const root = await this.root();
    const { binary, folder, logFile, host, port, region } = this.options;
    const running = readIdentity(recordFile(folder));
    if (isAlive(running) && listensOn(running.pid, `${host}:${port}`) && (await this.answers())) return root;
    await this.stop();
    const folders = ["data", "iam", "versions", "sidecar"].map((name) => join(folder, name));
    for (const path of folders) mkdirSync(path, { recursive: true, mode: 0o700 });
    const [data = "", iam = "", versions = "", sidecar = ""] = folders;
    const args = ["--port", `${host}:${port}`, "--region", region, "--iam-dir", iam, "--health", healthPath, "--quiet"];
    const posix = ["posix", "--versioning-dir", versions, "--sidecar", sidecar, data];
    const failure = startInBackground({
      record: recordFile(folder),
      command: binary,
      args: [...args, ...posix],
      cwd: folder,
      logFile,
      // Credentials by the environment: arguments can be read by everybody on the machine.
      env: { PATH: process.env.PATH, ROOT_ACCESS_KEY_ID: root.access, ROOT_SECRET_ACCESS_KEY: root.secret },
    });
    const up = await waitUntil(async () => failure() !== undefined || (await this.answers()), startTimeout, 50);
    if (failure() !== undefined || !up) {
      await this.stop();
      throw new UserError(
        `The S3 server could not be started at ${this.endpoint} (${failure() ?? `no answer in ${startTimeout / 1000} s`}): see ${logFile}. ` +
          `If another program has the port ${port}, stop it or choose another one with --s3-port.`,
      );
    }
    return root;
  }

  stop(): Promise<void> {
    return stopGateway(this.options.folder);
  }

  /** Starts the server again whenever it has ended, until `abort`. */
  async supervise(abort: AbortSignal, say: (text: string) => void): Promise<void> {
    while (!abort.aborted) {
      await sleep(checkInterval, undefined, { signal: abort }).catch(() => undefined);
      if (abort.aborted || isAlive(readIdentity(recordFile(this.options.folder)))) continue;
      say("the S3 server has ended and is started again");
      await this.start().catch((error: unknown) => say(`the S3 server: ${String(error)}`));
    }
  }

  private async answers(): Promise<boolean> {
    try {
      const answer = await fetch(`${this.endpoint}${healthPath}`, { signal: AbortSignal.timeout(2_000) });
      // Another program on the port may answer anything, but hardly this.
      return (await answer.text()) === "OK" && answer.ok;
    } catch {
      return false;
    }
  }

  /** The credentials that may do everything; made at the first start. */
  private async root(): Promise<Credentials> {
    const file = join(this.options.folder, "root.json");
    mkdirSync(this.options.folder, { recursive: true, mode: 0o700 });
    if (!existsSync(file)) {
      await writeAtomic(file, JSON.stringify({ access: randomBytes(16).toString("hex"), secret: randomBytes(32).toString("hex") }));
    }
    return JSON.parse(readFileSync(file, "utf8")) as Credentials;
  }
}

/** Stops the S3 server whose data is in `folder`; does nothing when it does not run. */
export const stopGateway = (folder: string): Promise<void> => stopInBackground(recordFile(folder), "The S3 server");

const healthPath = "/_health";
const recordFile = (folder: string): string => join(folder, "process");

function listensOn(pid: number, address: string): boolean {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(address);
}
