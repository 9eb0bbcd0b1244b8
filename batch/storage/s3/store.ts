import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { portable } from "../../../common/s3";
import { timestamp } from "../../../common/text";
import { once } from "../../../common/concurrency";
import { type StoreSettings, sayingOnce, type Store, StoreError } from "../store";
import { messageOf } from "../../../common/errors";
import { Outage } from "./outage";
import { patientStrategy, readWhole, type SdkError } from "./patience";

/** Milliseconds to connect, and of silence. (The SDK's `requestTimeout` only warns.) */
const timeouts = { connectionTimeout: 5_000, socketTimeout: 30_000 };

/** An S3 bucket. Loads the AWS SDK with the first request. @param say told while it does not answer, at growing intervals, and when it does again; and what {@link Store.say} tells */
export function openBucket(
  { endpoint, region, bucket: Bucket, accessKeyId, secretAccessKey }: StoreSettings,
  say: (text: string) => void = () => undefined,
): Store {
  const [outage, bodies] = [new Outage(say), new Outage(say)];
  const loading = once(async () => {
    // The SDK would print a warning about Node.js 20 into every `pulumi up`.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
    const sdk = await import("@aws-sdk/client-s3");
    const client = new sdk.S3Client({
      endpoint,
      region,
      ...portable,
      credentials: { accessKeyId, secretAccessKey },
      requestHandler: timeouts,
      retryStrategy: patientStrategy(outage),
    });
    return { sdk, client };
  });
  const open = async (Key: string) => {
    const { sdk, client } = await loading();
    try {
      return (await client.send(new sdk.GetObjectCommand({ Bucket, Key }))).Body as Readable;
    } catch (error) {
      if ((error as Error).name === "NoSuchKey") return undefined;
      throw error;
    }
  };
  const read = <T>(key: string, consume: (body: AsyncIterable<Uint8Array>) => Promise<T>) =>
    explained(`read s3://${Bucket}/${key}`, () => readWhole(() => open(key), consume, bodies));
  return {
    say: sayingOnce(say),
    async list(Prefix, visit, onFolder) {
      const { sdk, client } = await loading();
      // XML cannot have the control characters that keys can.
      const request = { Bucket, Prefix, EncodingType: "url", ...(onFolder && { Delimiter: "/" }) } as const;
      await explained(`list s3://${Bucket}/${Prefix}`, async () => {
        for await (const { Contents = [], CommonPrefixes = [], EncodingType } of sdk.paginateListObjectsV2({ client }, request)) {
          const decode = EncodingType === "url" ? decodeKey : (key: string) => key;
          for (const { Key = "", ETag = "", Size = 0, LastModified } of Contents) {
            visit({ key: decode(Key), etag: ETag, bytes: Size, modified: LastModified ? timestamp(LastModified) : "" });
          }
          for (const { Prefix: folder = "" } of CommonPrefixes) onFolder?.(decode(folder));
        }
      });
    },
    get: (key) => read(key, text),
    getBytes: (key) => read(key, buffer),
    async download(key, file) {
      // Short, as the name itself may be as long as the disk allows, and no name that another key has.
      const part = join(dirname(file), `.${createHash("sha256").update(basename(file)).digest("hex").slice(0, 16)}.part`);
      const found = await read(key, async (body) => {
        try {
          await pipeline(body, createWriteStream(part));
          await rename(part, file);
        } finally {
          await rm(part, { force: true });
        }
        return true;
      });
      return found ?? false;
    },
    async put(Key, Body, expected) {
      const { sdk, client } = await loading();
      const condition = expected === undefined ? {} : expected === "absent" ? { IfNoneMatch: "*" } : { IfMatch: expected };
      return explained(`write s3://${Bucket}/${Key}`, async () => {
        try {
          const { ETag } = await client.send(new sdk.PutObjectCommand({ Bucket, Key, Body, ContentType: contentType(Key), ...condition }));
          return ETag;
        } catch (error) {
          // 412: the condition does not hold; 409: somebody else writes the object right now.
          const status = (error as Partial<SdkError>).$metadata?.httpStatusCode;
          if (expected !== undefined && (status === 412 || status === 409)) return undefined;
          throw error;
        }
      });
    },
    async remove(Key) {
      const { sdk, client } = await loading();
      await explained(`delete s3://${Bucket}/${Key}`, () => client.send(new sdk.DeleteObjectCommand({ Bucket, Key })));
    },
  };
}

/** As servers write keys with `encoding-type=url`: some write a space as a plus, all a plus as %2B. */
const decodeKey = (key: string): string => decodeURIComponent(key.replaceAll("+", " "));

const contentTypes: Readonly<Record<string, string>> = { json: "application/json", html: "text/html; charset=utf-8" };

const contentType = (key: string): string => contentTypes[key.slice(key.lastIndexOf(".") + 1)] ?? "text/plain; charset=utf-8";

async function explained<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const status = (error as Partial<SdkError>).$metadata?.httpStatusCode;
    throw new StoreError(`cannot ${what}: ${messageOf(error)}`, { cause: error, status });
  }
}
