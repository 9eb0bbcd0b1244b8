import { spawn } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "../lib/errors";
import { paths } from "../lib/paths";

/** Prints the last lines of one part's log, or the names of all logs. */
export async function showLogs(part: string | undefined, follow: boolean): Promise<void> {
  const names = existsSync(paths.logs) ? readdirSync(paths.logs).flatMap((file) => (file.endsWith(".log") ? [file.slice(0, -4)] : [])) : [];
  if (part === undefined) {
    console.log(names.length > 0 ? names.sort().join("\n") : "There are no logs: the local cloud has not been started.");
    return;
  }
  if (!names.includes(part))
    throw new UserError(`logs: there is no log of ${JSON.stringify(part)}; there are: ${names.sort().join(", ") || "none"}`);
  const tail = spawn("tail", ["-n", "200", ...(follow ? ["-F"] : []), join(paths.logs, `${part}.log`)], { stdio: "inherit" });
  await new Promise((resolve) => tail.on("exit", resolve));
}
