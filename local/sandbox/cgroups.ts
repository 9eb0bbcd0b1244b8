import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { waitUntil } from "../lib/wait";

const root = "/sys/fs/cgroup";

/** Controllers that a kubelet and runc cannot do without. */
const needed = ["cpu", "cpuset", "memory", "pids"];

/** cgroup v2: controllers handed down to the nodes, where the machine has them. */
const delegated = [...needed, "io", "hugetlb"];

/** Where the machine's cgroup hierarchies are mounted: one folder in cgroup v2, one for each controller in v1. */
export interface Hierarchies {
  readonly version: 1 | 2;
  readonly folders: readonly string[];
  /** Needed controllers that the machine does not have. */
  readonly missing: readonly string[];
}

/** Reads the hierarchies off /proc/self/mountinfo. In the hybrid layout (v1 with an empty v2 hierarchy beside it), runc uses the latter too. */
export function findHierarchies(mountInfo: string, readControllers: (folder: string) => string): Hierarchies {
  const mounts = mountInfo.split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const folder = before.split(" ")[4];
    const [type = "", , options = ""] = after.split(" ");
    return folder?.startsWith(root) && type.startsWith("cgroup") ? [{ folder, type, options: options.split(",") }] : [];
  });
  const unified = mounts.find((m) => m.type === "cgroup2" && m.folder === root);
  if (unified) {
    const controllers = readControllers(root).trim().split(" ");
    return { version: 2, folders: [root], missing: needed.filter((c) => !controllers.includes(c)) };
  }
  return {
    version: 1,
    folders: mounts.map((m) => m.folder),
    missing: needed.filter((c) => !mounts.some((m) => m.type === "cgroup" && m.options.includes(c))),
  };
}

export function machineHierarchies(): Hierarchies {
  return findHierarchies(readFileSync("/proc/self/mountinfo", "utf8"), (folder) =>
    readFileSync(join(folder, "cgroup.controllers"), "utf8"),
  );
}

/** All cgroups of one sandbox: a tree of its own in each hierarchy. Paths are relative to it; "" is the whole tree. */
export class CgroupTree {
  constructor(
    private readonly hierarchies: Hierarchies,
    /** The tree's path in each hierarchy, e.g. "/ovh-mks-batch-1a2b3c4d". */
    readonly path: string,
  ) {}

  /** Makes a cgroup and those above it, ready to hold processes or further cgroups. Answers its folder in each hierarchy. */
  create(name: string): string[] {
    const steps = name.split("/").filter(Boolean);
    return this.hierarchies.folders.map((hierarchy) => {
      let folder = hierarchy;
      for (const step of [this.path, ...steps]) {
        if (this.hierarchies.version === 2) delegate(folder);
        const parent = folder;
        folder = join(folder, step);
        mkdirSync(folder, { recursive: true });
        inheritCpuset(parent, folder);
      }
      return folder;
    });
  }

  /** Kills every process of a cgroup and of those below it, then removes them. Does nothing for one that does not exist. */
  async remove(name: string): Promise<void> {
    const folders = this.hierarchies.folders.map((hierarchy) => join(hierarchy, this.path, name)).filter((folder) => existsSync(folder));
    const gone = await waitUntil(() => {
      for (const pid of new Set(folders.flatMap(processesBelow))) kill(pid);
      return folders.filter((folder) => !removeTree(folder)).length === 0;
    }, 15_000);
    if (!gone) throw new Error(`The cgroups ${folders.join(", ")} cannot be removed: a process in them does not end.`);
  }
}

function delegate(folder: string): void {
  const available = readFileSync(join(folder, "cgroup.controllers"), "utf8").trim().split(" ");
  const enabled = readFileSync(join(folder, "cgroup.subtree_control"), "utf8").trim().split(" ");
  for (const controller of delegated) {
    if (available.includes(controller) && !enabled.includes(controller))
      writeFileSync(join(folder, "cgroup.subtree_control"), `+${controller}`);
  }
}

/** cgroup v1: no process may enter a cpuset before it has processors and memory nodes, and new ones have none. */
function inheritCpuset(parent: string, folder: string): void {
  for (const file of ["cpuset.cpus", "cpuset.mems"]) {
    const path = join(folder, file);
    if (existsSync(path) && existsSync(join(parent, "cgroup.clone_children")) && readFileSync(path, "utf8").trim() === "") {
      writeFileSync(path, readFileSync(join(parent, file)));
    }
  }
}

const children = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map((entry) => join(folder, entry.name))
    : [];

function processesBelow(folder: string): number[] {
  let own: string;
  try {
    own = readFileSync(join(folder, "cgroup.procs"), "utf8");
  } catch {
    return [];
  }
  return [...own.split("\n").filter(Boolean).map(Number), ...children(folder).flatMap(processesBelow)];
}

function kill(pid: number): void {
  try {
    if (pid > 0) process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Whether the folder is gone now; one with dying processes stays for a moment. */
function removeTree(folder: string): boolean {
  const emptied = children(folder).map(removeTree).every(Boolean);
  if (!emptied) return false;
  try {
    rmdirSync(folder);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
  }
}
