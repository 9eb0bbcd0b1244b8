import { accessSync, constants, statfsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ExecError, exec } from "../lib/exec";
import { UserError } from "../lib/errors";
import type { Settings } from "../lib/settings";
import { CgroupTree, machineHierarchies } from "./cgroups";
import { overlap, parseRange } from "../../common/cidr";
import { type Claim, Locks } from "./lock";

/** Free space below which containers would soon fail, in bytes. */
const neededSpace = 2 * 1024 ** 3;

const commands = ["bash", "ip", "iptables", "mount", "nsenter", "unshare"];

/** The part of `ip -json route` that matters here. */
export interface Route {
  /** "default", a range or an address */
  readonly dst: string;
  readonly dev?: string;
}

/** What is wrong with the address ranges: each must be big enough, and free. */
export function rangeFaults(settings: Pick<Settings, "nodeCidr" | "podCidr" | "serviceCidr">, routes: readonly Route[]): string[] {
  const largest = { nodeCidr: 24, podCidr: 16, serviceCidr: 24 } as const;
  const names = ["nodeCidr", "podCidr", "serviceCidr"] as const;
  const faults: string[] = [];
  const ranges = new Map(
    names.flatMap((name) => {
      try {
        const range = parseRange(settings[name]);
        if (range.prefix > largest[name])
          faults.push(`${name} (${settings[name]}) is too small: it must be a /${largest[name]} or larger.`);
        return [[name, range] as const];
      } catch {
        faults.push(`${name} (${settings[name]}) is not an IPv4 range such as 10.250.0.0/24.`);
        return [];
      }
    }),
  );
  for (const [a, rangeA] of ranges) {
    for (const [b, rangeB] of ranges) {
      if (a < b && overlap(rangeA, rangeB))
        faults.push(`${a} (${settings[a]}) overlaps ${b} (${settings[b]}): give one of them another range.`);
    }
  }
  for (const [name, range] of ranges) {
    const route = routes.find((r) => r.dst !== "default" && overlap(range, parseRange(r.dst)));
    if (route) {
      faults.push(
        `${name} (${settings[name]}) overlaps ${route.dst}, which this machine already routes${route.dev ? ` to ${route.dev}` : ""}: give ${name} another range.`,
      );
    }
  }
  return faults;
}

async function kernelFaults(folder: string): Promise<string[]> {
  try {
    const unshare = ["--mount", "--net", "--pid", "--fork", "--propagation", "private"];
    const output = await exec("unshare", [...unshare, "bash", "--norc", join(__dirname, "probe.sh"), folder], { timeout: 30_000 });
    return output.split("\n").filter(Boolean);
  } catch (error) {
    const reason = error instanceof ExecError ? error.stderr.trim() : String(error);
    return [`This machine cannot make namespaces (${reason}). In a container, run it privileged.`];
  }
}

function cgroupFaults(cgroupPath: string): string[] {
  const { folders, missing, version } = machineHierarchies();
  if (folders.length === 0) return ["No cgroups are mounted at /sys/fs/cgroup."];
  if (missing.length > 0)
    return [`cgroup v${version} lacks the controllers ${missing.join(", ")}: enable them in the kernel's configuration or command line.`];
  try {
    new CgroupTree(machineHierarchies(), cgroupPath).create("");
    return [];
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [
      `No cgroups can be made (${reason}). In a container, run it privileged and in the host's cgroup namespace (--privileged --cgroupns=host).`,
    ];
  }
}

function missingCommands(): string[] {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const found = (name: string): boolean =>
    folders.some((folder) => {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
  return commands
    .filter((name) => !found(name))
    .map((name) => `The command ${name} is not on the PATH: install iproute2, iptables and util-linux.`);
}

/** The machine's IPv4 routes, but for those of the interface `except`. */
async function routes(except: string): Promise<Route[]> {
  const all = JSON.parse((await exec("ip", ["-4", "-json", "route", "show"], { timeout: 10_000 })) || "[]") as Route[];
  return all.filter((route) => route.dev !== except);
}

/** @throws {UserError} where no sandbox can be, whatever the machine's state */
export function requireRootOnLinux(): void {
  if (process.platform !== "linux") {
    throw new UserError("The local cloud needs Linux: it runs real Kubernetes nodes. On another system, run it in a virtual machine.");
  }
  if (process.getuid?.() !== 0) {
    throw new UserError("The local cloud needs root for its namespaces, network and cgroups: run the same command with sudo.");
  }
}

/** What a sandbox is called on the machine. */
interface Place {
  readonly name: string;
  /** Where it keeps its state; the folder exists. */
  readonly work: string;
  /** Its own interface, whose routes are no conflict. */
  readonly interface: string;
  /** Path of its own cgroups. */
  readonly cgroup: string;
}

/**
 * Checks that this machine, a Linux where this process is root, can hold the sandbox.
 *
 * @param claim what the sandbox will take of the machine
 * @throws {UserError} with all the faults at once
 */
export async function checkMachine(settings: Settings, claim: Omit<Claim, "holder">, place: Place): Promise<void> {
  const faults = missingCommands();
  if (faults.length === 0) {
    const unusable = rangeFaults(settings, []);
    const taken = unusable.length > 0 ? [] : new Locks().conflicts(place.name, claim);
    // Another checkout's interface would be reported a second time as a route of this machine.
    const routed = unusable.length + taken.length > 0 ? [] : rangeFaults(settings, await routes(place.interface));
    faults.push(...unusable, ...taken, ...routed, ...cgroupFaults(place.cgroup), ...(await kernelFaults(place.work)));
  }
  const { bavail, bsize } = statfsSync(place.work);
  if (bavail * bsize < neededSpace) {
    faults.push(
      `Only ${((bavail * bsize) / 1024 ** 3).toFixed(1)} GiB are free on the disk of ${place.work}; at least ${neededSpace / 1024 ** 3} GiB are needed.`,
    );
  }
  if (faults.length > 0) throw new UserError(`The local cloud cannot start on this machine:\n  ${faults.join("\n  ")}`);
}
