import { type ChildProcessByStdio, spawn } from "node:child_process";
import { type Readable, type Writable } from "node:stream";
import { exitCodes, Failure } from "./failure";

export interface Tool {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Resolves when the tool has ended. @throws {Failure} when it did not start (70) or ran too long (69) */
  readonly ended: Promise<ToolEnd>;
  kill(): void;
}

export interface ToolEnd {
  readonly code: number | null;
  /** The first 16 KiB of what it wrote to standard error. */
  readonly stderr: string;
}

const maxStderr = 16 * 1024;

/**
 * Starts ffmpeg or ffprobe. It gets no environment but PATH: a fault in a decoder must not give the S3 credentials away.
 * @param seconds it is killed after this time, and at once when `signal` aborts
 */
export function startTool(command: string, args: readonly string[], seconds: number, signal: AbortSignal): Tool {
  const child: ChildProcessByStdio<Writable, Readable, Readable> = spawn(command, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: { PATH: process.env.PATH },
    killSignal: "SIGKILL",
    signal,
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(0, maxStderr);
  });
  // A tool that ends early closes its input; its exit status and standard error tell why.
  child.stdin.on("error", () => undefined);
  const ended = new Promise<ToolEnd>((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Failure(exitCodes.unavailable, `${command} did not end within ${seconds} s.`));
    }, seconds * 1000);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(new Failure(exitCodes.software, `${command} could not be run: ${error.message}.`));
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, stderr });
    });
  });
  // Awaited later than it may reject.
  ended.catch(() => undefined);
  return { stdin: child.stdin, stdout: child.stdout, ended, kill: () => child.kill("SIGKILL") };
}
