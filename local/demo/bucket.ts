import { createHash } from "node:crypto";
import { createWriteStream, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { portable } from "../../common/s3";

/** Where the stack keeps its objects, and the scoped user's credentials for it. */
export interface BucketAccess {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export class Bucket {
  private readonly client: S3Client;

  constructor(private readonly access: BucketAccess) {
    // Node 20 is supported by this project, and the SDK would say at each start that it will not be for ever.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
    this.client = new S3Client({
      endpoint: access.endpoint,
      region: access.region,
      ...portable,
      credentials: { accessKeyId: access.accessKeyId, secretAccessKey: access.secretAccessKey },
    });
  }

  /** Uploads the files of `dir` that the bucket does not hold yet under `prefix`. Answers how many were sent. */
  async upload(dir: string, prefix: string): Promise<number> {
    let sent = 0;
    for (const file of readdirSync(dir).sort()) {
      const body = readFileSync(join(dir, file));
      const key = prefix + file;
      if ((await this.etag(key)) === createHash("md5").update(body).digest("hex")) continue;
      await this.client.send(new PutObjectCommand({ Bucket: this.access.bucket, Key: key, Body: body }));
      sent += 1;
    }
    return sent;
  }

  /** Saves an object in `dir` under its own file name; answers the file's path. */
  async download(key: string, dir: string): Promise<string> {
    const file = join(dir, basename(key));
    mkdirSync(dirname(file), { recursive: true });
    const answer = await this.client.send(new GetObjectCommand({ Bucket: this.access.bucket, Key: key }));
    await pipeline(answer.Body as Readable, createWriteStream(file));
    return file;
  }

  private async etag(key: string): Promise<string | undefined> {
    try {
      const head = await this.client.send(new HeadObjectCommand({ Bucket: this.access.bucket, Key: key }));
      return head.ETag?.replaceAll('"', "");
    } catch (error) {
      if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404) return undefined;
      throw error;
    }
  }
}
