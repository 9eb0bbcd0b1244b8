import type * as pulumi from "@pulumi/pulumi";
import { BatchJob } from "../components/batch";
import type { Billing } from "../common/billing";
import type { MksCluster } from "../components/cluster";
import { type BatchNamespace, s3SecretName } from "../components/namespace";
import type { ObjectStorage } from "../components/storage";
import type { Settings } from "./config";
import type { Prices } from "./prices";

/** What the worker ends with when trying again is of no use: a wrong setting (EX_USAGE), a video that cannot be read (EX_DATAERR). */
const finalExitCodes = [64, 65];

interface ThumbnailsArgs {
  readonly cluster: MksCluster;
  readonly storage: ObjectStorage;
  readonly namespace: BatchNamespace;
  readonly prices: Prices & { readonly billing: Billing };
}

/** Where the stack's own Jobs run: with Karpenter, on its first node pool. */
const placeOf = ({ enabled, provisioner, nodePools }: Settings["karpenter"]): { provisioner?: "karpenter"; pool?: string } =>
  enabled && provisioner === "karpenter" ? { provisioner, pool: Object.keys(nodePools)[0]! } : {};

/** The sample workload: a thumbnail (images/thumbnail) of each video in the bucket that has none yet. */
export function createThumbnails(
  { images, thumbnails, karpenter }: Settings,
  { cluster, storage, namespace, prices }: ThumbnailsArgs,
  opts: pulumi.CustomResourceOptions,
): BatchJob | undefined {
  if (!thumbnails.enabled) return undefined;
  const { prefix, pattern, outputPrefix, cpu, memory, onFailure } = thumbnails;
  const { bucketName: bucket, endpoint, region } = storage;
  const { accessKeyId, secretAccessKey } = storage.operator.credentials;
  return new BatchJob(
    "thumbnails",
    {
      kubeconfig: cluster.kubeconfig,
      store: { bucket, endpoint, region, accessKeyId, secretAccessKey },
      namespace: namespace.namespaceName,
      image: `${images.registry}/thumbnail:${images.tag}`,
      command: ["node", "/app/main.cjs"],
      envFrom: [s3SecretName],
      ...(namespace.pullSecret && { imagePullSecrets: [namespace.pullSecret.metadata.name] }),
      env: {
        WIDTH: String(thumbnails.width),
        DURATION: String(thumbnails.durationSeconds),
        QUALITY: String(thumbnails.quality),
        FPS: String(thumbnails.fps),
      },
      tasksFrom: { prefix, pattern, env: { INPUT: "{key}", OUTPUT: `${outputPrefix}{name}.webm` } },
      finalExitCodes,
      ...placeOf(karpenter),
      prices,
      cpu,
      memory,
      onFailure,
    },
    opts,
  );
}
