import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { root } from "../../local/lib/paths";

const lines = (command: string, ...args: string[]): string[] => {
  try {
    return execFileSync(command, args, { encoding: "utf8" }).split("\n").filter(Boolean);
  } catch {
    // The command is not installed yet: there is nothing of its kind to see.
    return [];
  }
};

const cgroups = (folder: string, depth: number): string[] =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [`${folder}/${entry.name}`, ...(depth > 1 ? cgroups(`${folder}/${entry.name}`, depth - 1) : [])] : [],
  );

/** What a program can leave on a machine beside files in its own folder. */
export function traces(): Record<string, string[]> {
  return {
    processes: lines("ps", "-eo", "args").filter(
      (line) =>
        /kube-|kubelet|containerd|versitygw|etcd |coredns|registry serve|daemon\/|unshare/.test(line) && !/jest|<defunct>/.test(line),
    ),
    mounts: readFileSync("/proc/mounts", "utf8").split("\n").sort(),
    interfaces: lines("ip", "-o", "link").map((line) => line.split(":")[1]!.trim()),
    routes: lines("ip", "route"),
    iptables: lines("iptables-save").filter((line) => !/^[#:]/.test(line)),
    cgroups: existsSync("/sys/fs/cgroup") ? cgroups("/sys/fs/cgroup", 2).sort() : [],
    run: readdirSync("/run").sort(),
    tree: lines("git", "-C", root, "status", "--porcelain"),
  };
}

/** What is there now and was not before, by its kind. */
export function tracesSince(before: Record<string, string[]>): Record<string, string[]> {
  const left = Object.entries(traces()).map(([kind, found]): [string, string[]] => [
    kind,
    found.filter((item) => !before[kind]?.includes(item)),
  ]);
  return Object.fromEntries(left.filter(([, found]) => found.length > 0));
}
