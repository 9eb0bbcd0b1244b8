import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { stateFolder } from "../../local/images/containerd";
import { unfinishedRoot } from "../../local/images/golden";
import { paths, root } from "../../local/lib/paths";
import { placeOf } from "../../local/sandbox/place";
import { lanes } from "./lanes";

/** The roots of golden-root.test.ts's containerds, below its local cloud's folder. */
export const goldenTest = { folder: "golden-test", clones: ["clone", "second"] } as const;

/** Words that what the local cloud of a suite beside this one has on the machine is known by. */
const foreign = lanes
  .filter(({ folder }) => resolve(root, folder) !== paths.work)
  .flatMap(({ folder }) => [
    placeOf(resolve(root, folder)).name.slice("mks-".length),
    `${folder}/`,
    `MKS_BATCH_LOCAL=${folder}\0`,
    // Of the containerd that unpacks its images, and of those of golden-root.test.ts.
    stateFolder(unfinishedRoot(join(resolve(root, folder), relative(paths.work, paths.images)))),
    stateFolder(unfinishedRoot(resolve(root, folder, goldenTest.folder))),
    ...goldenTest.clones.map((clone) => stateFolder(resolve(root, folder, goldenTest.folder, clone))),
  ]);
const own = (text: string): boolean => !foreign.some((word) => text.includes(word));

const lines = (command: string, ...args: string[]): string[] => {
  try {
    return execFileSync(command, args, { encoding: "utf8" }).split("\n").filter(Boolean).filter(own);
  } catch {
    // The command is not installed yet: there is nothing of its kind to see.
    return [];
  }
};

/** What the kernel says of a process; nothing of one that has ended. */
const fact = (pid: string, name: "cgroup" | "environ" | "cmdline"): string => {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return "";
  }
};

/** Command lines of programs of a local cloud. */
const processes = (): string[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && (["cgroup", "environ", "cmdline"] as const).every((kind) => own(fact(name, kind))))
    .map((pid) => fact(pid, "cmdline").replaceAll("\0", " ").trim())
    .filter(
      (line) =>
        /kube-|kubelet|containerd|versitygw|etcd |coredns|registry serve|daemon\/|unshare/.test(line) && !/jest|\/pkg\/tool\//.test(line),
    );

const cgroups = (folder: string, depth: number): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [`${folder}/${entry.name}`, ...(depth > 1 ? cgroups(`${folder}/${entry.name}`, depth - 1) : [])] : [],
  );

/** Claims on addresses and ports are in a folder that goes with the last one. */
const run = (folder = "/run"): string[] =>
  readdirSync(folder).flatMap((name) => (name === "ovh-mks-batch" ? run(join(folder, name)) : [join(folder, name)]));

/** What a program can leave on a machine beside files in its own folder. What a suite beside this one has is left out. */
export function traces(): Record<string, string[]> {
  return {
    processes: processes(),
    mounts: readFileSync("/proc/mounts", "utf8").split("\n").filter(own).sort(),
    interfaces: lines("ip", "-o", "link").map((line) => line.split(":")[1]!.trim()),
    routes: lines("ip", "route"),
    iptables: lines("iptables-save").filter((line) => !/^[#:]/.test(line)),
    cgroups: existsSync("/sys/fs/cgroup") ? cgroups("/sys/fs/cgroup", 2).filter(own).sort() : [],
    run: run().filter(own).sort(),
    tree: lines("git", "-C", root, "status", "--porcelain"),
  };
}

/** What is there now and was not before, by its kind. What is gone within 30 s is none: a suite beside this one has it for a moment. */
export function tracesSince(before: Record<string, string[]>): Record<string, string[]> {
  const end = Date.now() + 30_000;
  for (;;) {
    const left = newTraces(before);
    if (Object.keys(left).length === 0 || Date.now() >= end) return left;
    execFileSync("sleep", ["1"]);
  }
}

function newTraces(before: Record<string, string[]>): Record<string, string[]> {
  const left = Object.entries(traces()).map(([kind, found]): [string, string[]] => [
    kind,
    found.filter((item) => !before[kind]?.includes(item)),
  ]);
  return Object.fromEntries(left.filter(([, found]) => found.length > 0));
}
