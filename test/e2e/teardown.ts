/** Ends the local clouds of suites that were cut short by the failure of another one. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { lanes } from "./lanes";

const root = resolve(__dirname, "..", "..");

export default function teardown(): void {
  for (const { folder } of lanes.filter(({ folder }) => existsSync(join(root, folder, "daemon.json")))) {
    const env = { ...process.env, MKS_BATCH_LOCAL: folder };
    execFileSync(process.execPath, ["--import", "tsx", join("local", "cli.ts"), "down"], { cwd: root, env, stdio: "inherit" });
  }
}
