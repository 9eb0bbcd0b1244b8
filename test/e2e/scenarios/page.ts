import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { paths } from "../../../local/lib/paths";

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  /** Both outputs as they came. */
  readonly output: string;
}

/**
 * Runs shell commands as a user does in this checkout.
 *
 * @param timeout milliseconds before all of it is killed
 * @param cwd default: the checkout
 * @param until ends the commands, as Ctrl+C does, once their output matches
 */
export function runShell(
  script: string,
  env: NodeJS.ProcessEnv,
  timeout = 840_000,
  cwd: string = paths.root,
  until?: RegExp,
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const shell = ["--norc", "-o", "errexit", "-o", "nounset", "-o", "pipefail", "-c", script];
    const child = spawn("bash", shell, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const timer = setTimeout(() => process.kill(-child.pid!, "SIGKILL"), timeout);
    let stdout = "";
    let output = "";
    const take = (text: string): void => {
      output += text;
      if (until?.test(output) && child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, "SIGINT");
    };
    child.stdout.setEncoding("utf8").on("data", (text: string) => ((stdout += text), take(text)));
    child.stderr.setEncoding("utf8").on("data", take);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, stdout, output });
    });
  });
}

/** A page of docs, by its name from docs/scenarios, whose commands are run as they stand. */
export class Page {
  private readonly blocks: readonly string[];
  private readonly ran = new Set<string>();

  constructor(
    name: string,
    private readonly env: () => NodeJS.ProcessEnv,
  ) {
    // Suites side by side have a work folder each.
    const work = `${relative(paths.root, paths.work)}/`;
    const text = readFileSync(join(paths.root, "docs", "scenarios", `${name}.md`), "utf8").replaceAll(".local/", work);
    // In a list they are indented.
    this.blocks = [...text.matchAll(/^( *)```sh\n(.*?)^\1```$/gms)].map(([, indent, block]) => block!.replaceAll(`\n${indent}`, "\n"));
  }

  /** Runs the first block with this text that has not run yet. @throws when its last command fails, or does not although it `fails` */
  async run(text: string, { fails = false } = {}): Promise<Outcome> {
    const block = this.take(text);
    const outcome = await runShell(block, this.env());
    if ((outcome.code !== 0) !== fails) throw new Error(`exit status ${outcome.code} of\n${block}\n${outcome.output}`);
    return outcome;
  }

  /** As {@link run}, of commands that only look on: they are ended once their output matches. @param timeout milliseconds @throws when it never does */
  async watch(text: string, until: RegExp, timeout: number): Promise<Outcome> {
    const block = this.take(text);
    const outcome = await runShell(block, this.env(), timeout, undefined, until);
    if (!until.test(outcome.output)) throw new Error(`exit status ${outcome.code} and no ${until} of\n${block}\n${outcome.output}`);
    return outcome;
  }

  private take(text: string): string {
    const block = this.blocks.find((candidate) => candidate.includes(text) && !this.ran.has(candidate));
    if (!block) throw new Error(`the page has no further commands with ${JSON.stringify(text)}`);
    this.ran.add(block);
    return block;
  }

  /** Blocks that no test has run. */
  get unused(): string[] {
    return this.blocks.filter((block) => !this.ran.has(block));
  }
}
