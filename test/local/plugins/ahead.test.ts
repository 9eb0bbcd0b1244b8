import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import * as grpc from "@grpc/grpc-js";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { LanguageRuntimeClient } from "@pulumi/pulumi/proto/language_grpc_pb";
import { ProgramInfo, RunRequest } from "@pulumi/pulumi/proto/language_pb";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { version as sdkVersion } from "@pulumi/pulumi/package.json";
import { version } from "@pulumi/random/package.json";
import { paths } from "../../../local/lib/paths";
import { ensurePlugins, type Plugins } from "../../../local/plugins/install";
import { removeTemporaryFolders, temporaryFolder } from "./helpers";

let plugins: Plugins;
let work: string;
const children: ChildProcess[] = [];

beforeAll(async () => {
  const folder = temporaryFolder();
  work = join(folder, "work");
  process.env.PULUMI_HOME = join(folder, "home");
  process.env.MKS_BATCH_DOWNLOADS = "off";
  const own = { pulumiHome: join(work, "pulumi"), pulumiState: join(work, "state"), passphrase: join(work, "passphrase") };
  Object.assign(paths, own, { cache: join(folder, "cache") });
  writeFileSync(join(folder, "pulumi"), "", { mode: 0o755 });
  plugins = await ensurePlugins({ say: () => undefined, step: (_, run) => run() }, { pulumiBinary: join(folder, "pulumi") });
  // A program that runs until it is ended.
  const runner = join(work, "node_modules", "@pulumi", "pulumi", "cmd", "run");
  mkdirSync(runner, { recursive: true });
  writeFileSync(join(runner, "index.js"), "setInterval(() => undefined, 1000);");
  // And names a dynamic provider that notes where it is loaded.
  writeFileSync(join(work, "package.json"), JSON.stringify({ dynamicProvider: "./provider.cjs" }));
  writeFileSync(join(work, "provider.cjs"), 'require("node:fs").writeFileSync("loaded", process.argv.at(-1));');
}, 60_000);

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

afterAll(removeTemporaryFolders);

/** Starts a plugin as the engine does, and answers its port. */
async function start(file: string): Promise<{ child: ChildProcess; port: string }> {
  const child = spawn(file, ["127.0.0.1:1"], { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...plugins.env } });
  children.push(child);
  const port = await new Promise<string>((resolve) => child.stdout?.once("data", (text: Buffer) => resolve(text.toString().trim())));
  return { child, port };
}

const ended = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? code)));
const launcher = () => join(plugins.pulumiHome, "plugins", `resource-random-v${version}`, "pulumi-resource-random");
const offered = () => readdirSync(join(plugins.pulumiHome, "ahead")).sort();

/** The version that the plugin at a port says it has. */
function versionAt(port: string): Promise<string> {
  const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  return new Promise((resolve, reject) => {
    client.getPluginInfo(new Empty(), (error: grpc.ServiceError | null, info: PluginInfo) => {
      client.close();
      if (error) reject(error);
      else resolve(info.getVersion());
    });
  });
}

/** Whether nobody listens at a port any more, within 20 s. */
async function gone(port: string): Promise<boolean> {
  for (let look = 0; look < 200; look++) {
    const answers = await new Promise<boolean>((resolve) => {
      const socket = connect(Number(port), "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
    if (!answers) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

async function startProgram(): Promise<ChildProcess> {
  const { child, port } = await start(join(plugins.binDir, "pulumi-language-nodejs"));
  const client = new LanguageRuntimeClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  const info = new ProgramInfo().setProgramDirectory(work).setRootDirectory(work).setEntryPoint(".");
  client.run(new RunRequest().setInfo(info), () => client.close());
  for (let look = 0; look < 400 && (!readdirSync(plugins.pulumiHome).includes("ahead") || offered().length < 4); look++)
    await new Promise((resolve) => setTimeout(resolve, 50));
  return child;
}

test("while a program runs, the language host's own instance is handed out, once", async () => {
  const host = await startProgram();
  expect(offered()).toEqual(["kubernetes", "ovh", "pulumi-nodejs", "random"].map((name) => `${process.pid}-${name}`));

  const first = await start(launcher());
  expect(await versionAt(first.port)).toBe(version);
  expect(offered()).toEqual(["kubernetes", "ovh", "pulumi-nodejs"].map((name) => `${process.pid}-${name}`));

  const second = await start(launcher());
  expect(second.port).not.toBe(first.port);
  expect(await versionAt(second.port)).toBe(version);

  // The engine ends plugins by a signal; when it dies itself, their input ends.
  first.child.stdin?.end();
  expect(await ended(first.child)).toBe(0);
  second.child.kill("SIGINT");
  expect(await ended(second.child)).toBe(0);

  host.kill("SIGINT");
  expect(await ended(host)).toBe(0);
  expect(offered()).toEqual([]);
}, 60_000);

test("the host of dynamic providers has loaded the program's provider when it is handed out, and ends with the language host", async () => {
  const host = await startProgram();
  const { port } = await start(join(plugins.binDir, "pulumi-resource-pulumi-nodejs"));
  expect(readFileSync(join(work, "loaded"), "utf8")).toBe("127.0.0.1:1");
  expect(await versionAt(port)).toBe(sdkVersion);
  host.kill("SIGTERM");
  await expect(gone(port)).resolves.toBe(true);
}, 60_000);

test("without a program, the plugin is a process of its own", async () => {
  const { child, port } = await start(launcher());
  expect(await versionAt(port)).toBe(version);
  child.kill("SIGTERM");
  expect(await ended(child)).toBe(0);
}, 60_000);
