import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { exec, ExecError } from "../../local/lib/exec";
import { paths } from "../../local/lib/paths";
import { timeExec } from "../harness/cloud";
import { type Duration, timeUpTo } from "./bound";
import { type StackSpec } from "./stack";

/** A Pulumi project of the benchmark's own, loaded as the project's is (main.cjs), with its state in its folder. */
export class Project {
  private constructor(
    readonly folder: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {}

  /** @param local the environment of the local cloud */
  static async create(local: NodeJS.ProcessEnv): Promise<Project> {
    const folder = mkdtempSync(join(tmpdir(), "bench-batch-"));
    const inside = (name: string): string => join(folder, name);
    writeFileSync(inside("Pulumi.yaml"), "name: bench\nruntime:\n  name: nodejs\n  options: { typescript: false }\nmain: main.cjs\n");
    // The dynamic provider is found by the name of this package.
    writeFileSync(inside("package.json"), '{ "name": "ovh-mks-batch", "exports": { "./*": "./*" } }');
    copyFileSync(join(paths.root, "main.cjs"), inside("main.cjs"));
    writeFileSync(inside("load.cjs"), 'module.exports = () => require("./program.cjs");\n');
    for (const name of ["node_modules", "components"]) symlinkSync(join(paths.root, name), inside(name));
    mkdirSync(inside("state"));
    await build({
      entryPoints: [join(__dirname, "stack.ts")],
      outfile: inside("program.cjs"),
      bundle: true,
      platform: "node",
      target: "node20",
      external: ["@*"],
      logLevel: "error",
    });
    return new Project(folder, { ...local, PULUMI_BACKEND_URL: `file://${inside("state")}`, PULUMI_OPTION_CONFIG_FILE: undefined });
  }

  /** Makes a stack of the given name. */
  async stack(name: string): Promise<void> {
    await exec("pulumi", ["stack", "init", name, "--non-interactive"], { cwd: this.folder, env: this.env });
  }

  /** Seconds of an update or a preview of the stack to `spec`. */
  async time(operation: "up" | "preview", stack: string, spec: StackSpec): Promise<number> {
    try {
      return await timeExec("pulumi", this.prepare(operation, stack, spec), this.folder, this.env);
    } catch (error) {
      // Pulumi tells what is wrong on its standard output.
      throw error instanceof ExecError ? new Error(`${error.message}\n${error.stdout.slice(-4000)}`) : error;
    }
  }

  /** The same for an update of a peer, which is cut off after `bound` seconds. The stack can then not be used any more. */
  timeUpTo(bound: number, stack: string, spec: StackSpec): Promise<Duration> {
    return timeUpTo(bound, "pulumi", this.prepare("up", stack, spec), { cwd: this.folder, env: this.env });
  }

  /** Writes down what the program declares, and answers Pulumi's arguments. */
  private prepare(operation: "up" | "preview", stack: string, spec: StackSpec): string[] {
    writeFileSync(join(this.folder, "spec.json"), JSON.stringify(spec), { mode: 0o600 });
    return [operation, "--non-interactive", "--stack", stack, ...(operation === "up" ? ["--yes", "--suppress-outputs"] : [])];
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
