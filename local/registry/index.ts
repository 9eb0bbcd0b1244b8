/** A private image registry beside the local cloud, started when somebody wants it: for images of one's own, and for trying pull secrets. */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { startInBackground, stopInBackground } from "../lib/background";
import { UserError } from "../lib/errors";
import { writeAtomic } from "../lib/files";
import { isAlive, readIdentity } from "../lib/proc";
import { registryPort } from "../lib/settings";
import { waitUntil } from "../lib/wait";
import { htpasswd } from "./htpasswd";

/** Milliseconds for it to answer its first request. */
const startTimeout = 15_000;

/** Who may pull and push. */
export interface Account {
  readonly username: string;
  readonly password: string;
}

export interface RegistryOptions {
  /** Path of the program. */
  readonly binary: string;
  /** Folder of its images and records. */
  readonly folder: string;
  readonly logFile: string;
  /** The host's address as nodes reach it. */
  readonly host: string;
}

/** The registry's process outlives the command that started it; `down` ends it. */
export class Registry {
  /** What image references begin with, e.g. `10.250.0.1:18082`. */
  readonly address: string;

  constructor(private readonly options: RegistryOptions) {
    this.address = `${options.host}:${registryPort}`;
  }

  /** Starts the registry unless it runs, and answers its one account. @throws {UserError} when its port is taken */
  async start(): Promise<Account> {
    const { binary, folder, logFile } = this.options;
    const account = await this.account();
    if (isAlive(readIdentity(recordFile(folder))) && (await this.answers(account))) return account;
    await stopRegistry(folder);
    const config = join(folder, "config.json");
    await writeAtomic(join(folder, "htpasswd"), await htpasswd(account.username, account.password));
    await writeAtomic(config, JSON.stringify(this.config(), null, 2));
    const env = { PATH: process.env.PATH, OTEL_TRACES_EXPORTER: "none" };
    const failure = startInBackground({
      record: recordFile(folder),
      command: binary,
      args: ["serve", config],
      cwd: folder,
      logFile,
      env,
    });
    const up = await waitUntil(async () => failure() !== undefined || (await this.answers(account)), startTimeout, 50);
    if (up && failure() === undefined) return account;
    await stopRegistry(folder);
    const why = failure() ?? `no answer in ${startTimeout / 1000} s`;
    throw new UserError(
      `The registry could not be started at ${this.address} (${why}): see ${logFile}. Does another program have the port ${registryPort}?`,
    );
  }

  /** JSON is YAML, which the registry reads. Plain HTTP, as all of the local cloud that is on this machine only. */
  private config(): object {
    const { folder } = this.options;
    return {
      version: "0.1",
      log: { level: "warn", accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(folder, "data") } },
      http: { addr: this.address, secret: randomBytes(16).toString("hex") },
      auth: { htpasswd: { realm: "local cloud", path: join(folder, "htpasswd") } },
    };
  }

  /** Whether it is this registry that answers: another one does not know the account. */
  private async answers({ username, password }: Account): Promise<boolean> {
    const headers = { Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
    try {
      return (await fetch(`http://${this.address}/v2/`, { headers, signal: AbortSignal.timeout(2_000) })).ok;
    } catch {
      return false;
    }
  }

  /** Made at the first start. */
  private async account(): Promise<Account> {
    const file = join(this.options.folder, "account.json");
    mkdirSync(this.options.folder, { recursive: true, mode: 0o700 });
    if (!existsSync(file)) await writeAtomic(file, JSON.stringify({ username: "batch", password: randomBytes(16).toString("hex") }));
    return JSON.parse(readFileSync(file, "utf8")) as Account;
  }
}

/** Stops the registry whose images are in `folder`; does nothing when it does not run. */
export const stopRegistry = (folder: string): Promise<void> => stopInBackground(recordFile(folder), "The registry");

const recordFile = (folder: string): string => join(folder, "process");
