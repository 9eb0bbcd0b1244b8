import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { paths } from "../../../local/lib/paths";

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  /** Both outputs as they came. */
  readonly output: string;
}

/** Runs shell commands as a user does in this checkout. @param timeout milliseconds before all of it is killed @param cwd default: the checkout */
export function runShell(script: string, env: NodeJS.ProcessEnv, timeout = 300_000, cwd: string = paths.root): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const shell = ["--norc", "-o", "errexit", "-o", "nounset", "-o", "pipefail", "-c", script];
    const child = spawn("bash", shell, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const timer = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), timeout);
    let stdout = "";
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => ((stdout += text), (output += text)));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, output });
    });
  });
}

/** A page of docs/scenarios, whose commands are run as they stand. */
export class Page {
  private readonly blocks: readonly string[];
  private readonly ran = new Set<string>();

  constructor(
    name: string,
    private readonly env: () => NodeJS.ProcessEnv,
  ) {
    const text = readFileSync(join(paths.root, "docs", "scenarios", `${name}.md`), "utf8");
    this.blocks = [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1]!);
  }

  /** Runs the first block with this text that has not run yet. @throws when its last command fails, or does not although it `fails` */
  async run(text: string, { fails = false } = {}): Promise<Outcome> {
    const block = this.blocks.find((candidate) => candidate.includes(text) && !this.ran.has(candidate));
    if (!block) throw new Error(`the page has no further commands with ${JSON.stringify(text)}`);
    this.ran.add(block);
    const outcome = await runShell(block, this.env());
    if ((outcome.code !== 0) !== fails) throw new Error(`exit status ${outcome.code} of\n${block}\n${outcome.output}`);
    return outcome;
  }

  /** Blocks that no test has run. */
  get unused(): string[] {
    return this.blocks.filter((block) => !this.ran.has(block));
  }
}
