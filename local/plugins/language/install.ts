import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

/** Installs the program's npm packages (`pulumi install`), as its lock file says where there is one. */
export async function installDependencies(directory: string, onOutput: (text: Buffer, error: boolean) => void): Promise<void> {
  const args = existsSync(join(directory, "package-lock.json")) ? ["ci"] : ["install"];
  const child = spawn("npm", [...args, "--no-fund", "--no-audit", "--loglevel=error"], {
    cwd: directory,
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.on("data", (text: Buffer) => onOutput(text, false));
  child.stderr.on("data", (text: Buffer) => onOutput(text, true));
  const code = await new Promise<number | null>((resolve, reject) => child.on("error", reject).on("close", resolve));
  if (code !== 0) throw new Error(`npm ${args.join(" ")} failed with exit status ${code}`);
}
