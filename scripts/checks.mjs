// Checks the sources, two tools at a time, as none of them keeps more than one core or two busy: `node scripts/checks.mjs [name …]`.
// Plain JavaScript: it starts at once.
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";

// After the first time, these look at changed files only.
const cached = ["--cache", "--cache-strategy", "content"];

/** The longest first. */
const checks = {
  format: ["prettier", "--check", ".", "--log-level", "warn", ...cached],
  rules: ["eslint", ".", "--max-warnings", "0", ...cached, "--cache-location", "node_modules/.cache/eslint/"],
  "typed-rules": ["oxlint"],
  types: ["tsc"],
};

const root = fileURLToPath(new URL("..", import.meta.url));
const named = process.argv.slice(2);
const unknown = named.find((name) => !(name in checks));
if (unknown !== undefined) {
  console.error(`There is no check ${unknown}. Known are ${Object.keys(checks).join(", ")}.`);
  process.exit(1);
}

/** Runs one check, whose output is shown as a whole when it ends. Resolves to whether it found nothing. */
const run = (name) =>
  new Promise((resolve, reject) => {
    const [tool, ...args] = checks[name];
    const started = Date.now();
    const output = [];
    const child = spawn(`node_modules/.bin/${tool}`, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (data) => output.push(data));
    child.stderr.on("data", (data) => output.push(data));
    child.on("error", reject);
    child.on("close", (code) => {
      const seconds = ((Date.now() - started) / 1000).toFixed(1);
      if (code !== 0) process.stdout.write(Buffer.concat(output));
      console.log(`${code === 0 ? "ok    " : "failed"} ${name} (${tool}, ${seconds} s)`);
      resolve(code === 0);
    });
  });

const waiting = named.length > 0 ? named : Object.keys(checks);
let passed = true;
const worker = async () => {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) passed = (await run(name)) && passed;
};
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, worker));
if (!passed) process.exitCode = 1;
