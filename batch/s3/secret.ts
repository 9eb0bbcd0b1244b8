/** Secrets that tell where a bucket is, and the keys to it: the stack makes them, pods and the command line read them. */
import { type StoreSettings } from "../parameters";

/** Name of such a Secret. In the namespace of the Jobs it has the tasks' keys, for `envFrom`. */
export const s3SecretName = "s3-credentials";

/** Namespace beside that of the Jobs, where no pod runs: its Secret has the operators' keys, which no task may have. */
export const operatorNamespace = (namespace: string): string => `${namespace}-operator`;

/** Names of what is in it, as S3 clients read them from the environment. */
export const s3Variables = {
  endpoint: "AWS_ENDPOINT_URL",
  region: "AWS_REGION",
  bucket: "S3_BUCKET",
  accessKeyId: "AWS_ACCESS_KEY_ID",
  secretAccessKey: "AWS_SECRET_ACCESS_KEY",
} as const satisfies Record<keyof StoreSettings, string>;
