import type { OutputMap } from "@pulumi/pulumi/automation";
import type { BucketAccess } from "./bucket";

export interface StackOutputs {
  readonly kubeconfig: string;
  readonly access: BucketAccess;
  readonly counts: { readonly total: number; readonly succeeded: number; readonly failed: number; readonly skipped: number };
}

/** Takes what the demo needs out of the stack's outputs. */
export function readOutputs(outputs: OutputMap): StackOutputs {
  const value = (name: string): unknown => {
    if (!outputs[name]) throw new Error(`the stack has no output ${name}`);
    return outputs[name].value;
  };
  const credentials = value("s3Credentials") as { accessKeyId: string; secretAccessKey: string };
  const thumbnails = value("thumbnails") as { counts: StackOutputs["counts"] };
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
  };
}
