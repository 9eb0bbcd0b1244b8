import { spawn } from "node:child_process";

export interface ExecOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Written to the command's standard input. */
  readonly input?: string;
  /** Milliseconds before the command is killed. @default 10 minutes */
  readonly timeout?: number;
  /** Called with each piece of output as it comes. */
  readonly onOutput?: (text: string) => void;
}

/** A command ended with another exit status than 0, or could not be started. */
export class ExecError extends Error {
  override readonly name = "ExecError";
  constructor(
    command: string,
    readonly code: number | null,
    readonly stdout: string,
    readonly stderr: string,
  ) {
    super(`${command}: ${code === null ? "did not end in time or was killed" : `exit status ${code}`}\n${stderr.slice(-2000)}`);
  }
}

/** Runs a command to its end and answers its standard output. @throws {ExecError} when it fails. */
export function exec(command: string, args: readonly string[], options: ExecOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      timeout: options.timeout ?? 600_000,
      stdio: ["pipe", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      options.onOutput?.(text);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      options.onOutput?.(text);
    });
    child.on("error", (error) => reject(new ExecError(command, null, stdout, error.message)));
    child.on("close", (code) => (code === 0 ? resolve(stdout) : reject(new ExecError(command, code, stdout, stderr))));
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input);
  });
}
