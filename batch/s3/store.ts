import { type StoreSettings } from "../parameters";
import { BatchError, messageOf } from "../errors";
import { type Store } from "../store";

/** Milliseconds to connect, and of silence. */
const timeouts = { connectionTimeout: 5_000, requestTimeout: 30_000 };

/** An S3 bucket. Loads the AWS SDK with the first request. */
export function openBucket({ endpoint, region, bucket: Bucket, accessKeyId, secretAccessKey }: StoreSettings): Store {
  const loading = once(async () => {
    // The SDK would print a warning about Node.js 20 into every `pulumi up`.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
    const sdk = await import("@aws-sdk/client-s3");
    const client = new sdk.S3Client({
      endpoint,
      region,
      // Host names per bucket need a wildcard certificate and DNS; OVHcloud and the local cloud answer to paths.
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
      requestHandler: timeouts,
      // Standard mode: at most 20 s between two attempts, 1 min in all.
      maxAttempts: 8,
    });
    return { sdk, client };
  });
  return {
    async list(prefix, visit) {
      const { sdk, client } = await loading();
      await explained(`list s3://${Bucket}/${prefix}`, async () => {
        for await (const { Contents = [] } of sdk.paginateListObjectsV2({ client }, { Bucket, Prefix: prefix })) {
          for (const { Key = "", ETag = "", Size = 0 } of Contents) visit({ key: Key, etag: ETag, bytes: Size });
        }
      });
    },
    async get(Key) {
      const { sdk, client } = await loading();
      return explained(`read s3://${Bucket}/${Key}`, async () => {
        try {
          const { Body } = await client.send(new sdk.GetObjectCommand({ Bucket, Key }));
          return await Body?.transformToString();
        } catch (error) {
          if ((error as Error).name === "NoSuchKey") return undefined;
          throw error;
        }
      });
    },
    async put(Key, Body, expected) {
      const { sdk, client } = await loading();
      const condition = expected === undefined ? {} : expected === "absent" ? { IfNoneMatch: "*" } : { IfMatch: expected };
      return explained(`write s3://${Bucket}/${Key}`, async () => {
        try {
          const { ETag } = await client.send(
            new sdk.PutObjectCommand({ Bucket, Key, Body, ContentType: "application/json", ...condition }),
          );
          return ETag;
        } catch (error) {
          // 412: the condition does not hold; 409: somebody else writes the object right now.
          const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
          if (expected !== undefined && (status === 412 || status === 409)) return undefined;
          throw error;
        }
      });
    },
  };
}

async function explained<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new BatchError(`cannot ${what}: ${messageOf(error)}`, { cause: error });
  }
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}
