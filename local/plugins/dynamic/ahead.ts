import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Environment variable with the module that the host of dynamic providers loads before it is asked for it. */
export const preloadVariable = "MKS_BATCH_DYNAMIC_PROVIDER";

/** The module that a program's package.json names as `dynamicProvider`: most of its stacks have a resource of this one. */
function providerOf(directory: string): string | undefined {
  const { dynamicProvider } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as { dynamicProvider?: unknown };
  return typeof dynamicProvider === "string" ? dynamicProvider : undefined;
}

/**
 * Starts a host of dynamic providers for a program, while the program is loading. It ends with this process.
 *
 * @returns its port; undefined where the program names no dynamic provider
 */
export async function startDynamicHost(directory: string, engine: string): Promise<string | undefined> {
  const provider = providerOf(directory);
  if (provider === undefined) return undefined;
  const child = spawn(process.execPath, [join(dirname(__filename), "dynamic.js"), engine], {
    cwd: directory,
    env: { ...process.env, [preloadVariable]: provider },
    stdio: ["pipe", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject).on("exit", () => reject(new Error("the host of dynamic providers has ended")));
    child.stdout.once("data", (text: Buffer) => {
      // What providers print from here on is the user's to see.
      child.stdout.pipe(process.stdout);
      resolve(text.toString().trim());
    });
  });
}
