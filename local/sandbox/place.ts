import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { paths } from "../lib/paths";
import { CgroupTree, machineHierarchies } from "./cgroups";
import { type ProcessIdentity, isAlive, readIdentity, sameBoot } from "../lib/proc";
import { waitUntil } from "../lib/wait";

/** The search path inside: the commands of the host's distribution. */
export const commandPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export type Place = ReturnType<typeof placeOf>;

/** Everything that a work folder's sandbox is called and where its records are. */
export function placeOf(work: string) {
  const name = `mks-${createHash("sha256").update(work).digest("hex").slice(0, 8)}`;
  const state = join(work, "sandbox");
  const cgroup = `/ovh-mks-batch-${name.slice("mks-".length)}`;
  return {
    work,
    name,
    /** An interface name has at most 15 characters. */
    interface: name,
    state,
    boot: join(state, "boot"),
    init: join(state, "init"),
    ranges: join(state, "ranges.json"),
    records: join(state, "processes"),
    logs: join(work, "logs"),
    cgroup,
    cgroups: () => new CgroupTree(machineHierarchies(), cgroup),
  };
}

/** PID 1 of the place's sandbox, if there is one. */
export function livingInit(place: Place): ProcessIdentity | undefined {
  const init = sameBoot(place.boot) ? readIdentity(place.init) : undefined;
  return isAlive(init) ? init : undefined;
}

/** Starts PID 1 of a new sandbox. */
export async function boot(place: Place): Promise<ProcessIdentity> {
  const log = openSync(join(place.logs, "sandbox.log"), "a");
  const namespaces = ["--fork", "--pid", "--mount", "--net", "--propagation", "slave"];
  // bash takes a socket for its input, which Node.js gives it, as a sign of rsh, and would run ~/.bashrc.
  const argv = [...namespaces, "bash", "--norc", join(__dirname, "init.sh"), place.init, paths.root, paths.cache, place.work];
  const child = spawn("unshare", argv, { detached: true, stdio: ["ignore", log, log], env: { PATH: commandPath } });
  closeSync(log);
  const failed = new Promise<never>((_, reject) => {
    child.once("error", reject);
    child.once("exit", () => reject(new Error(`The sandbox could not be started: see ${join(place.logs, "sandbox.log")}`)));
  });
  failed.catch(() => undefined);
  child.unref();
  await Promise.race([waitUntil(() => readIdentity(place.init) !== undefined, 15_000), failed]);
  const init = readIdentity(place.init);
  if (!isAlive(init)) throw new Error(`The sandbox did not start in time: see ${join(place.logs, "sandbox.log")}`);
  return init;
}
