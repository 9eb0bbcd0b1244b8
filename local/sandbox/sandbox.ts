import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ExecOptions, exec } from "../lib/exec";
import { UserError } from "../lib/errors";
import { paths } from "../lib/paths";
import type { Settings } from "../lib/settings";
import { addresses } from "./addresses";
import type { CgroupTree } from "./cgroups";
import { checkMachine, requireRootOnLinux } from "./checks";
import { Locks } from "./lock";
import { prune, rotate } from "./logs";
import { insideInterface, joinNetworks, partNetworks, resetScript } from "./network";
import { boot, commandPath, livingInit, type Place, placeOf } from "./place";
import { type ProcessIdentity, isAlive, readIdentity, recordBoot, signal } from "../lib/proc";
import { waitUntil } from "../lib/wait";

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** @default the work folder */
  readonly cwd?: string;
  /** The process's cgroup, a path below the sandbox's own tree. */
  readonly cgroup: string;
}

/** Mount points are listed in the order of mounting, with octal escapes; the last goes first. */
const unmountScript = `
while read -r _ _ _ _ target _; do
  printf -v target %b "$target"
  if [[ $target == "$1" || $target == "$1"/* ]]; then printf '%s\\0' "$target"; fi
done </proc/self/mountinfo | tac -s '' | xargs -0 -r umount -l`;

/**
 * A place for Kubernetes on this machine that can be swept away at once: process, mount and network namespaces, joined
 * to the host by one veth pair, and a cgroup tree. It outlives the process that made it, which finds it again by the
 * records in its work folder.
 */
export class Sandbox {
  readonly addresses: ReturnType<typeof addresses>;

  private constructor(
    private init: ProcessIdentity,
    private readonly place: Place,
    private readonly settings: Settings,
    readonly cgroups: CgroupTree,
  ) {
    this.addresses = addresses(settings);
  }

  /**
   * Finds the sandbox of this checkout, or makes it.
   *
   * @param work folder for its state; log files go to a folder `logs` in it
   * @throws {UserError} when this machine cannot hold it, with all the reasons
   */
  static async open(settings: Settings, work: string): Promise<Sandbox> {
    requireRootOnLinux();
    const place = placeOf(work);
    const claim = { work, nodeCidr: settings.nodeCidr, apiPort: settings.apiPort, s3Port: settings.s3Port };
    for (const folder of [place.logs, paths.cache]) mkdirSync(folder, { recursive: true });
    let init = livingInit(place);
    if (init) requireSameRanges(place, settings);
    try {
      await checkMachine(settings, claim, place);
    } catch (error) {
      if (!init) await place.cgroups().remove("");
      throw error;
    }
    if (!init) {
      await Sandbox.destroy(work);
      prune(place.logs);
      mkdirSync(place.records, { recursive: true });
      recordBoot(place.boot);
      writeFileSync(place.ranges, rangesOf(settings));
      init = await boot(place);
    }
    const sandbox = new Sandbox(init, place, settings, place.cgroups());
    new Locks().put(place.name, { ...claim, holder: init });
    await sandbox.join();
    return sandbox;
  }

  /** Ends every process of a checkout's sandbox and removes all that it has on this machine, whatever part of it exists. */
  static async destroy(work: string): Promise<void> {
    const place = placeOf(work);
    // Who could never have made one has nothing to remove.
    if (process.getuid?.() !== 0 && !existsSync(place.state)) return;
    requireRootOnLinux();
    const init = livingInit(place);
    signal(init, "SIGKILL");
    if (!(await waitUntil(() => !isAlive(init), 15_000))) throw new Error(`The sandbox (process ${init?.pid}) does not end.`);
    await place.cgroups().remove("");
    await partNetworks(place.interface);
    new Locks().remove(place.name);
    rmSync(place.state, { recursive: true, force: true });
  }

  /** As {@link destroy}; the sandbox is of no use afterwards. */
  async close(): Promise<void> {
    await Sandbox.destroy(this.place.work);
  }

  get isAlive(): boolean {
    return isAlive(this.init);
  }

  /** Makes the sandbox anew after someone has killed it; does nothing while it lives. @throws {UserError} as {@link open} */
  async reopen(): Promise<void> {
    if (!this.isAlive) this.init = (await Sandbox.open(this.settings, this.place.work)).init;
  }

  /** Where the host sees a path of the sandbox, also one on a file system mounted inside only. */
  outside(inside: string): string {
    return `/proc/${this.init.pid}/root${inside}`;
  }

  logFile(name: string): string {
    return join(this.place.logs, `${name}.log`);
  }

  /** Starts a process that goes on by itself. Its output goes to a log of its name. Does nothing when it runs already. */
  async spawn(name: string, argv: readonly string[], options: SpawnOptions): Promise<void> {
    if (this.isRunning(name)) return;
    const record = this.record(name);
    rmSync(record, { force: true });
    rotate(this.logFile(name));
    const folders = this.cgroups.create(options.cgroup).join(":");
    const script = ["bash", "--norc", join(__dirname, "spawn.sh"), record, this.logFile(name), folders, options.cwd ?? this.place.work];
    await this.run([...script, ...argv], { env: options.env ?? {} });
    if (!(await waitUntil(() => readIdentity(record) !== undefined, 5_000, 5))) {
      throw new Error(`${name} could not be started: see ${this.logFile(name)}`);
    }
  }

  isRunning(name: string): boolean {
    return isAlive(readIdentity(this.record(name)));
  }

  /**
   * Ends a process; does nothing when it does not run.
   *
   * @param grace milliseconds for it to end by itself before it is killed
   */
  async stop(name: string, grace = 5_000): Promise<void> {
    const identity = readIdentity(this.record(name));
    if (grace > 0) {
      signal(identity, "SIGTERM");
      await waitUntil(() => !isAlive(identity), grace);
    }
    signal(identity, "SIGKILL");
    if (!(await waitUntil(() => !isAlive(identity), 10_000))) throw new Error(`${name} (process ${identity?.pid}) does not end.`);
    rmSync(this.record(name), { force: true });
  }

  /** Names of the processes that were started and not stopped, dead or alive. */
  names(): string[] {
    return readdirSync(this.place.records);
  }

  /** Runs a command inside to its end and answers its output. @throws {ExecError} when it fails */
  run(argv: readonly string[], options: Omit<ExecOptions, "env"> & { env?: Readonly<Record<string, string>> } = {}): Promise<string> {
    const env = { PATH: commandPath, HOME: "/root", LANG: "C.UTF-8", ...options.env };
    return exec("nsenter", ["-t", String(this.init.pid), "-n", "-p", "-m", "--", ...argv], { timeout: 60_000, ...options, env });
  }

  /** Gives the sandbox one more address on its interface to the host. */
  async addAddress(address: string): Promise<void> {
    await this.run(["ip", "address", "replace", `${address}/32`, "dev", insideInterface]);
  }

  async removeAddress(address: string): Promise<void> {
    await this.run(["bash", "--norc", "-c", `ip address delete "$1/32" dev ${insideInterface} 2>/dev/null || true`, "-", address]);
  }

  /** Makes the network what it was when the sandbox was new. */
  async resetNetwork(): Promise<void> {
    await this.run(["bash", "--norc", "-c", resetScript]);
    await this.join();
  }

  /** Unmounts everything at or below a folder. */
  async unmountBelow(folder: string): Promise<void> {
    await this.run(["bash", "--norc", "-c", unmountScript, "-", folder]);
  }

  private async join(): Promise<void> {
    const { place, settings } = this;
    await joinNetworks(place.interface, this.init.pid, settings.podCidr, this.addresses, (argv, env) => this.run(argv, { env }));
  }

  private record(name: string): string {
    return join(this.place.records, name);
  }
}

const rangesOf = ({ nodeCidr, podCidr, serviceCidr }: Settings): string => JSON.stringify({ nodeCidr, podCidr, serviceCidr });

/** Addresses and certificates of what runs in the sandbox follow from its ranges. */
function requireSameRanges(place: Place, settings: Settings): void {
  const before = readFileSync(place.ranges, "utf8");
  if (before === rangesOf(settings)) return;
  throw new UserError(`A part of the local cloud still runs with other address ranges (${before}). Stop it first: npm run local -- down`);
}
