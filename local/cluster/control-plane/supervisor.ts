import { type Sandbox, type SpawnOptions } from "../../sandbox";
import { bound } from "../../sandbox/logs";

/** A process that has to run for as long as it is supervised. */
export interface Service {
  readonly name: string;
  /** Called for each start, so that a restart sees the world as it is by then. */
  readonly command: () => readonly string[] | Promise<readonly string[]>;
  readonly options: SpawnOptions;
}

/** Milliseconds between two looks at the processes. */
const interval = 1_000;

/** Waits before a process that keeps dying is started again, in milliseconds. */
const firstDelay = 500;
const longestDelay = 30_000;

/** A process that ran for this long is taken to be well, in milliseconds. */
const healthyAfter = 60_000;

interface Watched {
  readonly service: Service;
  started: number;
  /** Milliseconds to wait before the next start. */
  delay: number;
  /** The start under way. */
  starting: Promise<void> | undefined;
}

/** Keeps processes of the sandbox alive: those that died are started again, with growing pauses for one that keeps dying. */
export class Supervisor {
  private readonly watched = new Map<string, Watched>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly sandbox: Pick<Sandbox, "spawn" | "stop" | "isRunning" | "isAlive" | "logFile">,
    private readonly say: (text: string) => void,
    /** Called once when the sandbox itself is gone, and with it every process; nothing is supervised any more then. */
    private readonly onSandboxGone: () => void,
  ) {
    this.timer = setInterval(() => this.look(), interval);
    this.timer.unref();
  }

  /** Starts a process, or adopts the one that runs, and keeps it alive from now on. One that is supervised already stays so. */
  async add(service: Service): Promise<void> {
    const known = this.watched.get(service.name);
    if (known) return known.starting;
    const watched: Watched = { service, started: Date.now(), delay: firstDelay, starting: undefined };
    this.watched.set(service.name, watched);
    await this.start(watched);
  }

  /** Ends a process for good. @param grace milliseconds for it to end by itself */
  async remove(name: string, grace?: number): Promise<void> {
    const starting = this.watched.get(name)?.starting;
    this.watched.delete(name);
    await starting?.catch(() => undefined);
    await this.sandbox.stop(name, grace);
  }

  /** Ends a process and starts it again. */
  async restart(name: string): Promise<void> {
    const service = this.watched.get(name)?.service;
    if (!service) return;
    await this.remove(name);
    await this.add(service);
  }

  close(): void {
    clearInterval(this.timer);
    this.watched.clear();
  }

  private look(): void {
    if (!this.sandbox.isAlive) {
      this.close();
      this.onSandboxGone();
      return;
    }
    for (const [name, watched] of this.watched) {
      bound(this.sandbox.logFile(name));
      const age = Date.now() - watched.started;
      if (watched.starting || this.sandbox.isRunning(name)) continue;
      if (age > healthyAfter) watched.delay = firstDelay;
      if (age < watched.delay) continue;
      this.say(`${name} has ended and is started again; its log: ${this.sandbox.logFile(name)}`);
      watched.started = Date.now();
      watched.delay = Math.min(watched.delay * 2, longestDelay);
      this.start(watched).catch((error: unknown) => this.say(`${name} could not be started: ${String(error)}`));
    }
  }

  private start(watched: Watched): Promise<void> {
    watched.starting = this.spawn(watched).finally(() => (watched.starting = undefined));
    return watched.starting;
  }

  private async spawn(watched: Watched): Promise<void> {
    const { name, command, options } = watched.service;
    if (this.sandbox.isRunning(name)) return;
    const argv = await command();
    // It may have been removed while its command was made.
    if (this.watched.get(name) === watched) await this.sandbox.spawn(name, argv, options);
  }
}
