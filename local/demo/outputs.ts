import type { OutputMap } from "@pulumi/pulumi/automation";
import type { BucketAccess } from "./bucket";
import type { TaskReport } from "./report";

interface TaskResult {
  readonly name: string;
  readonly status: string;
  readonly reason?: string;
  readonly outputs: readonly { readonly key: string; readonly bytes: number }[];
}

export interface StackOutputs {
  readonly kubeconfig: string;
  readonly access: BucketAccess;
  /** One for each video that the stack knows. */
  readonly tasks: readonly TaskReport[];
  readonly counts: { readonly total: number; readonly succeeded: number; readonly failed: number; readonly skipped: number };
}

/** Takes what the demo needs out of the stack's outputs. */
export function readOutputs(outputs: OutputMap): StackOutputs {
  const value = (name: string): unknown => {
    if (!outputs[name]) throw new Error(`the stack has no output ${name}`);
    return outputs[name].value;
  };
  const credentials = value("s3Credentials") as { accessKeyId: string; secretAccessKey: string };
  const thumbnails = value("thumbnails") as { tasks: readonly TaskResult[]; counts: StackOutputs["counts"] };
  return {
    kubeconfig: value("kubeconfig") as string,
    access: {
      endpoint: value("s3Endpoint") as string,
      region: value("s3Region") as string,
      bucket: value("bucket") as string,
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
    },
    counts: thumbnails.counts,
    tasks: thumbnails.tasks.map((task) => ({
      input: task.name,
      output: task.outputs[0]?.key ?? null,
      bytes: task.outputs[0]?.bytes ?? null,
      status: task.status,
      reason: task.reason ?? null,
    })),
  };
}
