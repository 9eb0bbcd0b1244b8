// Installs the npm packages when they are missing or older than the lock file, so that each documented
// command works straight after `git clone`. Plain JavaScript: nothing else is installed when this runs.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { dirname, join } from "node:path";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const stamp = join(root, "node_modules", ".lock-hash");
const wanted = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 17)) {
  console.error(`Node.js ${process.versions.node} is too old: this project needs 20.17 or later. Install it from https://nodejs.org/.`);
  process.exit(1);
}

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== wanted) {
  const started = Date.now();
  console.log("Installing npm packages …");
  const ticker = setInterval(() => console.log(`Installing npm packages … ${Math.round((Date.now() - started) / 1000)} s`), 5_000);
  const code = await new Promise((resolve) =>
    spawn("npm", ["ci", "--no-fund", "--no-audit", "--loglevel=error"], { cwd: root, stdio: "inherit" }).on("exit", resolve),
  );
  clearInterval(ticker);
  if (code !== 0) process.exit(code ?? 1);
  writeFileSync(stamp, wanted);
}
