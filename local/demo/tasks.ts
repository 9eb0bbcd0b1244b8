import { ExecError, exec } from "../lib/exec";
import type { TaskReport } from "./report";

interface Row {
  readonly name: string;
  readonly status: string;
  readonly reason?: string;
  readonly outputs: readonly { readonly key: string; readonly bytes: number }[];
}

/**
 * How each task of a batch Job stands, as `mks-batch status` tells a user.
 *
 * @param env that of {@link localEnvironment}, with the cluster's kubeconfig written
 * @throws {ExecError} when there is no such Job
 */
export async function readTasks(job: string, env: NodeJS.ProcessEnv): Promise<TaskReport[]> {
  const text = await exec("mks-batch", ["status", job, "--json"], { env, timeout: 60_000 }).catch((error: unknown) => {
    // Exit status 1: some task has failed.
    if (error instanceof ExecError && error.code === 1 && error.stdout !== "") return error.stdout;
    throw error;
  });
  const { tasks } = JSON.parse(text) as { tasks: readonly Row[] };
  return tasks.map(({ name, status, reason, outputs: [output] }) => ({
    input: name,
    output: output?.key ?? null,
    bytes: output?.bytes ?? null,
    status,
    reason: reason ?? null,
  }));
}
