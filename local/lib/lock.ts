import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { UserError } from "./errors";

/**
 * Runs `work` while this process holds the lock `file`, which it waits for. The kernel keeps the lock (flock(2), held
 * by a child that ends when this process does), so that a killed process never leaves it behind.
 *
 * @param onWait called once when another process holds the lock
 */
export async function withLock<T>(file: string, work: () => Promise<T>, onWait: () => void = () => undefined): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const holder = spawn("flock", [file, "sh", "-c", "echo held; exec cat"], { stdio: ["pipe", "pipe", "inherit"] });
  const waiting = setTimeout(onWait, 500);
  try {
    await new Promise<void>((resolve, reject) => {
      holder.on("error", () => reject(new UserError("The command flock is missing. Install the package util-linux.")));
      holder.on("exit", (code) =>
        reject(new UserError(`The lock ${file} cannot be taken (flock: exit status ${code}). Is its folder writable?`)),
      );
      holder.stdout.once("data", () => resolve());
    });
    clearTimeout(waiting);
    return await work();
  } finally {
    clearTimeout(waiting);
    holder.stdin.destroy();
    holder.stdout.destroy();
  }
}
