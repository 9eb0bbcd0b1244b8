/** Secrets that the stack makes in the cluster, and that pods and the command line read. */
import { type StoreSettings } from "../storage/store";

/** The account of the images' registry, for `imagePullSecrets`. */
export const pullSecretName = "registry-credentials";

/** Where the bucket is, and the keys to it. In the namespace of the Jobs they are the tasks', for `envFrom`. */
export const s3SecretName = "s3-credentials";

/** Namespace beside that of the Jobs, where only the batch controller runs: its Secret has the operators' keys, which no task may have. */
export const operatorNamespace = (namespace: string): string => `${namespace}-operator`;

/** Names of what is in it, as S3 clients read them from the environment. */
export const s3Variables = {
  endpoint: "AWS_ENDPOINT_URL",
  region: "AWS_REGION",
  bucket: "S3_BUCKET",
  accessKeyId: "AWS_ACCESS_KEY_ID",
  secretAccessKey: "AWS_SECRET_ACCESS_KEY",
} as const satisfies Record<keyof StoreSettings, string>;
