import { waitUntil } from "../lib/wait";
import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exec } from "../lib/exec";
import type { Tools } from "../tools";
import { contained } from "./buildah";

export type ContainerdTools = Tools<"containerd" | "ctr" | "setpriv" | "unshare">;

/** Runs `ctr` in Kubernetes' namespace. */
export type Ctr = (...args: string[]) => Promise<string>;

/** Milliseconds for containerd to start, and to stop. */
const patience = 30_000;

/**
 * Where a containerd with this root keeps its socket. A socket's path may have 107 characters at most, so it cannot be under `root`. The name is the same at
 * each run, so that what a killed one has left is removed by the next.
 */
export const stateFolder = (root: string): string =>
  join("/run", `ovh-mks-batch-${createHash("sha256").update(root).digest("hex").slice(0, 8)}`);

/** Runs `work` with a containerd of its own, without CRI, on the folder `root`, and stops it cleanly. */
export async function withContainerd<T>(tools: ContainerdTools, root: string, work: (ctr: Ctr, socket: string) => Promise<T>): Promise<T> {
  const state = stateFolder(root);
  const socket = join(state, "containerd.sock");
  await rm(state, { recursive: true, force: true });
  await mkdir(state, { recursive: true, mode: 0o700 });
  await mkdir(root, { recursive: true });
  await writeFile(join(state, "config.toml"), config(root, state, socket));
  const process = spawn(...contained(tools, tools.containerd, ["--config", join(state, "config.toml")]), {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  process.stderr.setEncoding("utf8").on("data", (text: string) => (log = (log + text).slice(-3000)));
  const ctr: Ctr = (...args) => exec(tools.ctr, ["--address", socket, "--namespace", "k8s.io", ...args]);
  try {
    await untilReady(process, ctr, () => log);
    return await work(ctr, socket);
  } finally {
    await stop(process);
    await rm(state, { recursive: true, force: true });
  }
}

function config(root: string, state: string, socket: string): string {
  return `version = 2
root = ${JSON.stringify(root)}
state = ${JSON.stringify(join(state, "state"))}
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = ${JSON.stringify(socket)}
[ttrpc]
  address = ${JSON.stringify(`${socket}.ttrpc`)}
[plugins."io.containerd.internal.v1.opt"]
  path = ${JSON.stringify(join(state, "opt"))}
`;
}

async function untilReady(process: ChildProcess, ctr: Ctr, log: () => string): Promise<void> {
  const hasEnded = (): boolean => process.exitCode !== null || process.signalCode !== null;
  const answers = (): Promise<boolean> =>
    ctr("version").then(
      () => true,
      () => false,
    );
  const ready = await waitUntil(async () => hasEnded() || (await answers()), patience, 100);
  if (hasEnded()) throw new Error(`containerd ended at its start:\n${log()}`);
  if (!ready) throw new Error(`containerd did not answer within ${patience / 1000} s:\n${log()}`);
}

/** A clean stop: containerd closes its databases. */
async function stop(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return;
  const ended = once(process, "exit");
  process.kill("SIGTERM");
  const overdue = setTimeout(() => process.kill("SIGKILL"), patience);
  await ended;
  clearTimeout(overdue);
}
