import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { type RunRequest, RunResponse } from "@pulumi/pulumi/proto/language_pb";
import { parseOptions } from "./options";

/** What @pulumi/pulumi/cmd/run exits with when it has told the user already. */
const bail = 32;

/** How long a program may take to end when it is told to, in milliseconds. */
const grace = 5_000;

const running = new Set<ChildProcess>();

/** Runs the Pulumi program; its output goes straight to the engine. Ends with the program, or when `cancelled`. */
export function runProgram(request: RunRequest, engine: string, cancelled: AbortSignal): Promise<RunResponse> {
  const info = request.getInfo();
  const directory = info?.getProgramDirectory() ?? request.getPwd();
  const options = parseOptions(info);
  const program = [
    ...["--monitor", request.getMonitorAddress(), "--engine", engine, "--organization", request.getOrganization()],
    ...["--project", request.getProject(), "--root-directory", info?.getRootDirectory() ?? directory, "--stack", request.getStack()],
    ...["--pwd", directory, "--parallel", String(request.getParallel()), ...(request.getDryrun() ? ["--dry-run"] : [])],
    ...[info?.getEntryPoint() ?? request.getProgram(), ...request.getArgsList()],
  ];
  const debug = request.getAttachDebugger() ? ["--inspect-brk", "--inspect-publish-uid=http"] : [];
  const child = spawn(process.execPath, [...options.nodeargs, ...debug, findRunner(directory), ...program], {
    stdio: ["ignore", "inherit", "inherit"],
    env: {
      ...process.env,
      PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().getEntryList())),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
      ...(options.typescript && { PULUMI_NODEJS_TYPESCRIPT: "true" }),
      ...(options.tsconfig !== undefined && { PULUMI_NODEJS_TSCONFIG_PATH: options.tsconfig }),
    },
  });
  running.add(child);
  const cancel = () => {
    child.kill("SIGINT");
    setTimeout(() => child.kill("SIGKILL"), grace).unref();
  };
  cancelled.addEventListener("abort", cancel, { once: true });

  return new Promise((resolve) => {
    const end = (response: RunResponse) => {
      running.delete(child);
      cancelled.removeEventListener("abort", cancel);
      resolve(response);
    };
    child.on("error", (error) => end(new RunResponse().setError(`cannot start node: ${error.message}`)));
    child.on("exit", (code, signal) => {
      if (code === 0) end(new RunResponse());
      else if (code === bail) end(new RunResponse().setBail(true));
      else end(new RunResponse().setError(signal ? `Program was ended by ${signal}` : `Program exited with non-zero exit code: ${code}`));
    });
  });
}

/** Ends the programs that still run; for when the engine is gone. */
export function killPrograms(): void {
  for (const child of running) child.kill("SIGKILL");
}

function findRunner(directory: string): string {
  try {
    return createRequire(join(directory, "package.json")).resolve("@pulumi/pulumi/cmd/run");
  } catch {
    throw new Error("It looks like the Pulumi SDK has not been installed. Have you run npm ci?");
  }
}
