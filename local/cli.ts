import { spawn } from "node:child_process";
import { Command } from "commander";
import { shellQuote } from "../common/text";
import { daemonStatus, shutdown, startDaemon } from "./daemon/control";
import { localEnvironment } from "./environment";
import { UserError, main } from "./lib/errors";
import { paths } from "./lib/paths";
import { type Progress, createProgress } from "./lib/progress";
import { showLogs } from "./commands/logs";
import { pushImage, registryHelp, startRegistry } from "./commands/registry";
import { loadSettings, settingsSchema } from "./lib/settings";
import { deploy } from "./pulumi/deploy";
import { localOverrides } from "./pulumi/overrides";

/** Adds a flag for each setting of the local cloud, e.g. `--api-port`. */
export function withSettings(command: Command): Command {
  for (const [name, schema] of Object.entries(settingsSchema.shape)) {
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    command.option(`--${flag} <value>`, `${schema.description} (default: ${JSON.stringify(schema.parse(undefined))})`);
  }
  return command;
}

/** For commands whose output is read by other programs. */
const silent: Progress = { say: () => undefined, step: (_name, work) => work() };

const program = new Command("npm run local --")
  .description("Manages the local OVHcloud: an API emulator in front of real Kubernetes, real nodes and a real S3 server.")
  .showHelpAfterError()
  .showSuggestionAfterError();

withSettings(program.command("up").description("start the local cloud; does nothing where it runs already")).action(
  async (options: Record<string, unknown>) => {
    await startDaemon(createProgress(), loadSettings(paths.settings, options));
  },
);

program
  .command("status")
  .description("show what runs; exit status 3 when the local cloud does not")
  .option("--json", "print JSON")
  .action(async (options: { json?: boolean }) => {
    const status = await daemonStatus();
    if (options.json) console.log(JSON.stringify(status, null, 2));
    else if (!status.running) console.log("The local cloud does not run. Start it with: npm run local -- up");
    else {
      console.log(`The local cloud runs (pid ${status.pid}), API at ${status.endpoint}, S3 at ${status.s3Endpoint}.`);
      for (const cluster of status.clusters) {
        console.log(`cluster ${cluster.name} (${cluster.id}): ${cluster.status}`);
        for (const pool of cluster.pools) {
          console.log(
            `  pool ${pool.name}: ${pool.status}, desired ${pool.desiredNodes}, current ${pool.currentNodes}, ready ${pool.availableNodes}`,
          );
        }
      }
    }
    if (!status.running) process.exitCode = 3;
  });

program
  .command("logs")
  .description("show the logs of the local cloud's parts")
  .argument("[part]", "e.g. daemon, kube-apiserver, kubelet-…; without it, their names are listed")
  .option("-f, --follow", "go on as the log grows")
  .action(async (part: string | undefined, options: { follow?: boolean }) => showLogs(part, options.follow ?? false));

program
  .command("deploy")
  .description("run `pulumi up` of the stack `local`, with what the settings of the local cloud turn on, and without the demo's videos")
  .action(async () => {
    const progress = createProgress();
    await deploy(await localEnvironment(progress), localOverrides(loadSettings(paths.settings)), progress);
  });

program
  .command("env")
  .description('print the environment for `pulumi` and `kubectl` as shell commands: eval "$(npm run --silent local -- env)"')
  .action(async () => {
    const env = await localEnvironment(silent);
    const changed = Object.entries(env).filter(([name, value]) => value !== undefined && value !== process.env[name]);
    for (const [name, value] of changed) console.log(`export ${name}=${shellQuote(value!)}`);
  });

program
  .command("exec")
  .description(
    "run a command with the local cloud's environment, e.g. `exec -- pulumi preview --stack local` or `exec -- kubectl get pods -A`",
  )
  .argument("<command...>")
  .action(async (argv: string[]) => {
    const env = await localEnvironment(silent);
    const [command, ...args] = argv as [string, ...string[]];
    const code = await new Promise<number>((resolve, reject) => {
      const child = spawn(command, args, { env, stdio: "inherit" });
      child.on("error", () => reject(new UserError(`exec: the command ${JSON.stringify(command)} could not be started`)));
      child.on("exit", (status) => resolve(status ?? 1));
    });
    process.exitCode = code;
  });

/** Progress for commands that print one result. */
const quiet = createProgress((line) => console.error(line));

const registry = program
  .command("registry")
  .description("start the local cloud's private image registry, and show how to use it")
  .action(async () => {
    const { address, account } = await startRegistry(createProgress());
    console.log(registryHelp(address, account));
  });

registry
  .command("push")
  .description("build the Dockerfile of a folder, push the image to the registry, and print its reference")
  .argument("<folder>", "with the Dockerfile; `FROM docker.io/library/debian:trixie-slim` needs no other registry")
  .argument("<name>", "name and tag of the image, e.g. simulation:1.4")
  .action(async (folder: string, name: string) => console.log(await pushImage(folder, name, quiet)));

program
  .command("down")
  .description("stop the local cloud and delete its data; cached tools and images are kept")
  .action(async () => shutdown(createProgress()));

if (require.main === module) main(async () => void (await program.parseAsync()));
