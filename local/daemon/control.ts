import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { PoolView } from "../api/state/pools";
import { UserError } from "../lib/errors";
import { withLock } from "../lib/lock";
import { paths } from "../lib/paths";
import type { Progress } from "../lib/progress";
import { stopRegistry } from "../registry";
import { stopGateway } from "../s3";
import { Sandbox } from "../sandbox";
import { rotate } from "../sandbox/logs";
import { isAlive, signal } from "../lib/proc";
import { waitUntil } from "../lib/wait";
import { loadSettings, saveSettings, type Settings } from "../lib/settings";
import { call } from "./client";
import { readCredentials } from "./credentials";
import { prepareMachinery } from "./machinery";
import { requireFreePort } from "./ports";
import { readRecord, runningDaemon, type DaemonRecord } from "./record";

export type DaemonStatus =
  | { readonly running: false }
  | {
      readonly running: true;
      readonly pid: number;
      readonly endpoint: string;
      readonly s3Endpoint: string;
      readonly clusters: readonly { id: string; name: string; region: string; status: string; pools: readonly PoolView[] }[];
    };

/** Milliseconds for the daemon to get ready, once programs and images are there. */
const startTimeout = 120_000;

const logFile = join(paths.logs, "daemon.log");

/** `up` and `down` of one checkout happen one after the other. */
const exclusively = <T>(progress: Progress, work: () => Promise<T>): Promise<T> =>
  withLock(join(paths.work, ".lock"), work, () => progress.say("Waiting for another command that starts or stops the local cloud …"));

/**
 * Starts the local cloud's daemon in the background and resolves once the cloud can be used; does nothing when it can be
 * already. Images that changed since are used by the next start.
 *
 * @throws {UserError} when it cannot be started, or runs with other settings
 */
export async function startDaemon(progress: Progress, settings: Settings): Promise<void> {
  mkdirSync(paths.logs, { recursive: true });
  await exclusively(progress, async () => {
    if (runningDaemon()?.ready) {
      checkSettings(settings);
      if (await answers()) return;
      progress.say("The local cloud's daemon does not answer; it is started again");
    }
    // One that is not ready although nobody waits for it was left by a killed command.
    await stopDaemon();
    await requireFreePort("127.0.0.1", settings.apiPort, "--api-port");
    await prepareMachinery(progress, settings);
    saveSettings(paths.settings, settings);
    await progress.step("Starting the local cloud", () => launch(progress));
  });
}

/** Stops the local cloud and deletes its data. Settings, logs, results, cached programs and images are kept. */
export async function shutdown(progress: Progress): Promise<void> {
  mkdirSync(paths.work, { recursive: true });
  await exclusively(progress, () =>
    progress.step("Stopping the local cloud", async () => {
      await stopDaemon();
      await stopGateway(paths.s3);
      await stopRegistry(paths.registry);
      await Sandbox.destroy(paths.work);
      const services = [paths.api, paths.s3, paths.cluster, paths.registry, paths.volumes, join(paths.work, "sandbox")];
      const data = [...services, paths.pulumiState, join(paths.stackConfig, "..")];
      const files = [paths.credentials, paths.daemon, paths.machinery, paths.kubeconfig, paths.passphrase];
      for (const path of [...data, ...files]) await rm(path, { recursive: true, force: true });
    }),
  );
}

/** What runs. @throws {UserError} when the daemon runs but does not answer */
export async function daemonStatus(): Promise<DaemonStatus> {
  const record = runningDaemon();
  const credentials = readCredentials();
  if (!record?.ready || !credentials) return { running: false };
  const url = new URL("/_status", credentials.endpoint).href;
  const { clusters } = (await call(credentials, "GET", url).catch((error: unknown) => {
    throw new UserError(`The local cloud's daemon (pid ${record.pid}) does not answer: ${String(error)}. See ${logFile}.`);
  })) as Pick<DaemonStatus & { running: true }, "clusters">;
  return { running: true, pid: record.pid, endpoint: credentials.endpoint, s3Endpoint: credentials.s3Endpoint, clusters };
}

const answers = (): Promise<boolean> =>
  daemonStatus().then(
    () => true,
    () => false,
  );

function checkSettings(settings: Settings): void {
  const current = loadSettings(paths.settings);
  const names = Object.keys(settings) as (keyof Settings)[];
  const changed = names
    .filter((name) => settings[name] !== current[name])
    .map((name) => `${name} is ${current[name]}, not ${settings[name]}`);
  if (changed.length === 0) return;
  throw new UserError(`The local cloud runs with other settings (${changed.join("; ")}). Stop it first: npm run local -- down`);
}

async function launch(progress: Progress): Promise<void> {
  rmSync(paths.daemon, { force: true });
  rotate(logFile);
  const log = openSync(logFile, "a", 0o600);
  const child = spawn(process.execPath, ["--require", require.resolve("tsx/cjs"), join(__dirname, "main.ts")], {
    cwd: paths.root,
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" },
  });
  closeSync(log);
  child.unref();
  const exit = { code: undefined as number | null | undefined };
  child.once("exit", (code) => (exit.code = code));
  child.once("error", () => (exit.code = null));
  const end = Date.now() + startTimeout;
  for (let shown: string | undefined; ; await sleep(50)) {
    const record = readRecord();
    if (record?.ready) return;
    if (exit.code !== undefined) throw failure(record);
    if (record && record.phase !== shown) progress.say(`${(shown = record.phase)} …`);
    if (Date.now() > end) {
      await stopDaemon();
      throw new UserError(
        `The local cloud's daemon was not ready after ${startTimeout / 1000} s (${shown ?? "not started"}). See ${logFile}.`,
      );
    }
  }
}

function failure(record: DaemonRecord | undefined): UserError {
  if (record?.fault !== undefined) return new UserError(record.fault);
  const lines = readFileSync(logFile, "utf8").trimEnd().split("\n").slice(-15);
  return new UserError(`The local cloud's daemon could not be started. The end of ${logFile}:\n  ${lines.join("\n  ")}`);
}

async function stopDaemon(): Promise<void> {
  const daemon = runningDaemon();
  signal(daemon, "SIGTERM");
  if (!(await waitUntil(() => !isAlive(daemon), 10_000))) signal(daemon, "SIGKILL");
  if (!(await waitUntil(() => !isAlive(daemon), 5_000))) throw new UserError(`The local cloud's daemon (pid ${daemon?.pid}) does not end.`);
}
