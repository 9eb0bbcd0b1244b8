import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { shutdown } from "../../local/daemon/control";
import { exec } from "../../local/lib/exec";
import { paths } from "../../local/lib/paths";
import { createProgress, type Progress } from "../../local/lib/progress";
import { waitUntil } from "../../local/lib/wait";

/** Gives `work` a local cloud that does not run, which it may start, and stops it. The local cloud's settings are afterwards as they were. */
export async function onOwnCloud<T>(say: (line: string) => void, work: (progress: Progress) => Promise<T>): Promise<T> {
  const settings = existsSync(paths.settings) ? readFileSync(paths.settings) : undefined;
  const progress = createProgress(say);
  try {
    await shutdown(progress);
    return await work(progress);
  } finally {
    await shutdown(progress);
    if (settings) writeFileSync(paths.settings, settings);
    else rmSync(paths.settings, { force: true });
  }
}

/** Runs one of the project's own commands, e.g. `local/cli.ts down`, and answers the seconds that it took. */
export async function timeCommand(
  script: string,
  args: readonly string[],
  say: (line: string) => void,
  env: NodeJS.ProcessEnv = {},
): Promise<number> {
  const start = process.hrtime.bigint();
  const child = spawn(process.execPath, ["--import", "tsx", join(paths.root, script), ...args], {
    cwd: paths.root,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.resume();
  const code = await new Promise<number | null>((resolve) => child.on("exit", resolve));
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  if (code !== 0) throw new Error(`${script} ${args.join(" ")} ended with exit status ${code}`);
  say(`${script} ${args.join(" ")}: ${seconds.toFixed(1)} s`);
  return seconds;
}

/** Seconds that `command` takes in `cwd`. */
export async function timeExec(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<number> {
  const start = process.hrtime.bigint();
  await exec(command, args, { cwd, env });
  return Number(process.hrtime.bigint() - start) / 1e9;
}

/** Resolves when `check` holds; asks again after `pause` milliseconds. @throws when it does not within `patience` seconds */
export async function until(check: () => Promise<boolean>, { pause = 200, patience = 120 } = {}): Promise<void> {
  if (!(await waitUntil(check, patience * 1000, pause))) throw new Error(`not done after ${patience} s`);
}
