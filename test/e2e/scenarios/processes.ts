import { readFileSync, readdirSync } from "node:fs";

const processes = (): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    // It has ended meanwhile.
    return "";
  }
}

const parentOf = (pid: number): number => Number(/^PPid:\t(\d+)$/m.exec(read(pid, "status"))?.[1]);

/** A process of this one's descendants and theirs, by the words of its command line. */
export function findDescendant(matches: (words: readonly string[]) => boolean): number {
  const found = descendants(process.pid).find((pid) => matches(read(pid, "cmdline").split("\0")));
  if (found === undefined) throw new Error("there is no such process");
  return found;
}

/** All processes that a process started, and those that they started. */
export function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const pid of processes()) children.set(parentOf(pid), [...(children.get(parentOf(pid)) ?? []), pid]);
  const below = (pid: number): number[] => (children.get(pid) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(root);
}

/** Kills a process and everything below it, as one whose machine goes down. */
export function killTree(root: number): void {
  const all = [root, ...descendants(root)];
  for (const pid of all) {
    try {
      process.kill(pid, "SIGKILL");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }
}
