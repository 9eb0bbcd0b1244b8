/** What the scenarios share: one local cloud with the stack, the worker's image in its registry, and the command line. */
import { until as waitUntil } from "../until";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Stack } from "@pulumi/pulumi/automation";
import { GetObjectCommand, ListObjectsV2Command, NoSuchKey, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { portable } from "../../../common/s3";
import { shellQuote } from "../../../common/text";
import { shutdown, startDaemon } from "../../../local/daemon/control";
import { type StackOutputs, readOutputs } from "../../../local/demo/outputs";
import { localEnvironment } from "../../../local/environment";
import { exec } from "../../../local/lib/exec";
import { paths } from "../../../local/lib/paths";
import { createProgress } from "../../../local/lib/progress";
import { localOverrides } from "../../../local/pulumi/overrides";
import { openStack, update, writeStackConfig } from "../../../local/pulumi/stack";
import { startRegistry } from "../../../local/commands/registry";
import { type Settings, loadSettings } from "../../../local/lib/settings";
import { type Outcome, Page, runShell } from "./page";

/** Tests see what takes how long. */
export const progress = createProgress((line) => process.stdout.write(`${line}\n`));

let settings: Settings;
let stack: Stack;
let environment: NodeJS.ProcessEnv;
export let outputs: StackOutputs;

/** For the commands of the pages and of tests. */
export const env = (): NodeJS.ProcessEnv => environment;

/** Small tasks, so that many fit on two nodes that share this machine. */
const stackSettings = {
  "ovh-mks-batch:pools": { compute: { maxNodes: 2 } },
  // Nodes that stay for the next test boot only once, and its pods' objects stay with them.
  "ovh-mks-batch:autoscaler": { scaleDownDelaySeconds: 600 },
  // What clients do by themselves; the scenario of the controller switches it on.
  "ovh-mks-batch:controller": { enabled: false },
  "ovh-mks-batch:thumbnails": { cpu: "200m", memory: "256Mi", width: 64, durationSeconds: 0.5 },
};

/** `pulumi up` of the stack. */
export async function up(overrides: Record<string, unknown> = {}) {
  writeStackConfig({ ...localOverrides(settings), ...stackSettings, ...overrides });
  const lines: string[] = [];
  const result = await update(stack, "up", (line) => {
    lines.push(line);
    progress.say(line);
  });
  outputs = readOutputs(result.outputs);
  return { counts: result.counts, lines };
}

/** `pulumi destroy` of the stack. @param variables of its environment */
export async function destroy(variables: Readonly<Record<string, string>> = {}): Promise<void> {
  Object.assign(stack.workspace.envVars, variables);
  try {
    await update(stack, "destroy", progress.say);
  } finally {
    for (const name of Object.keys(variables)) delete stack.workspace.envVars[name];
  }
}

/** What the stack's state has. */
export async function resources(): Promise<unknown[]> {
  const { deployment } = (await stack.exportStack()) as { deployment: { resources?: unknown[] } };
  return deployment.resources ?? [];
}

export async function start(): Promise<void> {
  settings = loadSettings(paths.settings);
  await startDaemon(progress, settings);
  writeStackConfig(localOverrides(settings));
  const local = await localEnvironment(progress);
  stack = await openStack(local);
  await up();
  writeFileSync(paths.kubeconfig, outputs.kubeconfig, { mode: 0o600 });
  environment = { ...local, npm_config_update_notifier: "false" };
  const { address, account } = await startRegistry(progress);
  const readme = new Page("README", env);
  expect((await readme.run("kubectl get nodes")).stdout).toMatch(/system-node-\w+ +Ready/);
  const image = (await readme.run("registry push")).stdout.trim();
  expect(readme.unused).toEqual([]);
  environment = { ...environment, REGISTRY: address, IMAGE: image };
  await pullSecret("sh-k8s-registry-secret", address, account.username, account.password);
}

export const stop = (): Promise<void> => shutdown(progress);

/** A pull secret of the namespace `batch`, as `kubectl create secret docker-registry` makes it, its password not in arguments. */
export async function pullSecret(name: string, address: string, username: string, password: string): Promise<void> {
  const auths = { [address]: { username, password, auth: Buffer.from(`${username}:${password}`).toString("base64") } };
  const manifest = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name, namespace: "batch" },
    type: "kubernetes.io/dockerconfigjson",
    stringData: { ".dockerconfigjson": JSON.stringify({ auths }) },
  };
  await kubectlApply(manifest);
}

export const kubectl = (...args: string[]): Promise<string> =>
  exec("kubectl", ["--namespace", "batch", ...args], { env: environment, timeout: 60_000 });

export const kubectlApply = (manifest: object): Promise<string> =>
  exec("kubectl", ["apply", "-f", "-"], { env: environment, input: JSON.stringify(manifest), timeout: 60_000 });

export async function kubectlJson<T>(...args: string[]): Promise<T> {
  return JSON.parse(await kubectl(...args, "--output", "json")) as T;
}

/** The Job's pods: names, phases and nodes. */
export async function podsOf(name: string): Promise<{ name: string; phase: string; node?: string }[]> {
  const selector = `--selector=batch.ovh-mks/job=${name}`;
  const { items } = await kubectlJson<{
    items: { metadata: { name: string }; status: { phase: string }; spec: { nodeName?: string } }[];
  }>("get", "pods", selector);
  return items.map(({ metadata, status, spec }) => ({ name: metadata.name, phase: status.phase, node: spec.nodeName }));
}

/** Runs the command line to its end. */
export function batch(...args: string[]): Promise<Outcome> {
  const words = ["node", join(paths.root, "cli", "bin.cjs"), ...args].map((word) => shellQuote(word));
  return runShell(words.join(" "), environment);
}

/** `mks-batch submit` of a Job with the worker's image and small requests. */
export const submit = (...args: string[]): Promise<Outcome> =>
  batch(
    "submit",
    "--image",
    environment.IMAGE!,
    "--image-pull-secret",
    "sh-k8s-registry-secret",
    "--cpu",
    "100m",
    "--memory",
    "64Mi",
    ...args,
  );

export interface StatusRow {
  readonly name: string;
  readonly status: string;
  readonly attempts: number;
  readonly reason?: string;
  readonly node?: string;
  readonly memory?: string;
  readonly logKey?: string;
  readonly outOfMemory?: boolean;
  readonly outputs: readonly { key: string; bytes: number }[];
}

/** `mks-batch status --json`: how all tasks stand. */
export async function status(name: string): Promise<{ status: string; tasks: StatusRow[] }> {
  const { stdout, output } = await batch("status", name, "--json");
  try {
    return JSON.parse(stdout) as { status: string; tasks: StatusRow[] };
  } catch {
    throw new Error(`status of ${name}: ${output}`);
  }
}

const s3 = (): S3Client => {
  const { endpoint, region, accessKeyId, secretAccessKey } = outputs.access;
  return new S3Client({ endpoint, region, ...portable, credentials: { accessKeyId, secretAccessKey } });
};

export const putObject = (key: string, file: string) =>
  s3().send(new PutObjectCommand({ Bucket: outputs.access.bucket, Key: key, Body: readFileSync(file) }));

export async function getObject(key: string): Promise<string | undefined> {
  try {
    const { Body } = await s3().send(new GetObjectCommand({ Bucket: outputs.access.bucket, Key: key }));
    return await Body?.transformToString();
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

export async function objectKeys(prefix: string): Promise<string[]> {
  const { Contents = [] } = await s3().send(new ListObjectsV2Command({ Bucket: outputs.access.bucket, Prefix: prefix }));
  return Contents.map(({ Key = "" }) => Key);
}

/** The folder of this machine that the volume `ntuples` shows to all pods. */
export const volume = join(paths.volumes, "ntuples");

/** Makes a folder of the volume that tasks may write to. */
export function volumeFolder(name: string): string {
  const folder = join(volume, name);
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o777);
  return folder;
}

/** Waits for something to become true. @param timeout milliseconds */
export const until = (what: string, check: () => boolean | Promise<boolean>, timeout = 180_000): Promise<void> =>
  waitUntil(what, check, { timeout, pause: 200 });

/** As {@link until}, while a command runs. @throws with the command's output when that ends first */
export async function untilDuring(
  command: Promise<Outcome>,
  what: string,
  check: () => boolean | Promise<boolean>,
  timeout?: number,
): Promise<void> {
  let end: Outcome | undefined;
  void command.then((outcome) => (end = outcome));
  let holds = false;
  await until(what, async () => (holds = await check()) || end !== undefined, timeout);
  if (!holds) throw new Error(`${what}: not before the command ended with exit status ${end!.code}:\n${end!.output}`);
}
