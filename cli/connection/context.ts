/** What a command works with. */
import { type Command } from "commander";
import {
  findQueue,
  findQueues,
  foreignNamespace,
  type JobEntry,
  listJobs,
  loadJob,
  loadQueue,
  type Parameters,
  parametersOf,
  type Queue,
  type Store,
} from "../../batch";
import { type Cluster } from "../../kubernetes/cluster";
import { nearest } from "../../common/nearest";
import { escapeControls, printable } from "../../common/printable";
import { Connection, type ConnectionOptions } from "./connection";
import { createDisplay, type Display } from "../terminal/display";
import { CliError, type ExitCode, exitCodes, usageError } from "../terminal/errors";
import { type World } from "../terminal/world";

export interface CommonOptions extends ConnectionOptions {
  readonly json?: boolean;
}

export interface Clients {
  readonly cluster: Cluster;
  readonly store: Store;
  /** Reports what takes long. */
  readonly say: (text: string) => void;
}

export class Context {
  readonly connection: Connection;
  /** Set while a Job is followed. Other output goes through it, or it would be overwritten. */
  private display: Display | undefined;

  constructor(
    readonly world: World,
    readonly options: CommonOptions,
  ) {
    this.connection = new Connection(options, world, (text) => this.note(text));
  }

  /** Prints a result: as JSON with `--json`, else as text. */
  print(json: unknown, text: () => string): void {
    const { stdout } = this.world;
    const shown = this.options.json ? escapeControls(JSON.stringify(json, null, 2)) : printable(text());
    if (shown !== "") stdout.write(`${shown}\n`);
  }

  /** Writes a note to stderr. */
  note(text: string): void {
    if (this.display) this.display.say(text);
    else this.world.stderr.write(`${printable(text)}\n`);
  }

  async clients(): Promise<Clients> {
    const store = await this.connection.store();
    return { store, cluster: await this.connection.cluster(), say: (text) => this.note(text) };
  }

  /** Returns the queue of that name, unless there is a Job. */
  async queue(name: string): Promise<Queue | undefined> {
    const store = await this.connection.store();
    if (await loadJob(store, name)) return undefined;
    return findQueue(await this.clients(), await this.connection.namespace(), name);
  }

  async queues(): Promise<readonly Queue[]> {
    return findQueues(await this.clients(), await this.connection.namespace());
  }

  /** Returns the Job of that name. @throws {CliError} if the bucket has none, or its namespace is not the connection's */
  async job(name: string): Promise<{ entry: JobEntry; parameters: Parameters }> {
    const store = await this.connection.store();
    const entry = await loadJob(store, name);
    if (!entry) throw await this.noJob(name, store);
    const foreign = foreignNamespace(entry.parameters, await this.connection.namespace());
    if (foreign) throw usageError([foreign]);
    return { entry, parameters: parametersOf(entry, await this.connection.storeSettings()) };
  }

  /** Returns the Jobs of the bucket in the connection's namespace. Reports and leaves out the others. */
  async jobs(): Promise<{ readonly entries: readonly JobEntry[]; readonly foreign: readonly string[] }> {
    const all = await listJobs(await this.connection.store());
    const namespace = await this.connection.namespace();
    const foreign = all.flatMap(({ parameters }) => foreignNamespace(parameters, namespace) ?? []);
    for (const fault of foreign) this.note(fault);
    return { entries: all.filter(({ parameters }) => parameters.namespace === namespace), foreign };
  }

  private async noJob(name: string, store: Store): Promise<CliError> {
    if (await loadQueue(store, name))
      return usageError([
        `'${name}' is a queue: it has list, status, logs and report. To stop it, set its 'paused', or delete its resource`,
      ]);
    const names = (await listJobs(store)).map(({ parameters }) => parameters.name);
    const guess = nearest(name, names);
    const { bucket } = await this.connection.storeSettings();
    const others = guess ? `did you mean '${guess}'?` : names.length > 0 ? `there are ${names.slice(0, 20).join(", ")}` : "there are none";
    return new CliError(`no Job '${name}' in the bucket ${bucket}; ${others}`, exitCodes.noJob);
  }

  /** A command line that goes on where this one stops. */
  command(words: string): string {
    const { kubeconfig, stack, namespace } = this.options;
    const flags = Object.entries({ kubeconfig, stack, namespace }).flatMap(([name, value]) =>
      value === undefined ? [] : [`--${name} ${value}`],
    );
    return ["mks-batch", words, ...flags].join(" ");
  }

  /** Waits for `work` and shows its progress on the terminal. @throws {CliError} if the user interrupts; what runs in the cluster continues */
  async follow<T>(name: string, work: (display: Display) => Promise<T>): Promise<T> {
    const { interrupted } = this.world;
    const display = createDisplay(name, this.world);
    this.display = display;
    let onAbort: () => void = () => undefined;
    const interruption = new Promise<never>((_resolve, reject) => {
      onAbort = () =>
        reject(
          new CliError(
            `interrupted; what was launched goes on. To come back: ${this.command(`status ${name} --watch`)}`,
            exitCodes.interrupted,
          ),
        );
      if (interrupted.aborted) onAbort();
      interrupted.addEventListener("abort", onAbort, { once: true });
    });
    try {
      return await Promise.race([work(display), interruption]);
    } finally {
      interrupted.removeEventListener("abort", onAbort);
      display.stop();
      this.display = undefined;
    }
  }
}

/** Does a command's work; without an answer it ends with 0. */
export type Handler<O> = (context: Context, options: O & CommonOptions, operands: string[]) => Promise<ExitCode | void>;

/** Adds a command with the common flags. */
export type Register = <O = object>(name: string, description: string, handler: Handler<O>) => Command;
