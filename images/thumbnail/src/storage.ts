import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { type Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { portable } from "../../../common/s3";
import { exitCodes, Failure } from "./failure";
import { type ByteRange } from "./range";
import { type Settings } from "./settings";

/** An object as it was when the work began: later reads are of this version or fail. */
export interface StoredObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly etag: string | undefined;
}

export interface Storage {
  /** @throws {Failure} when the object does not exist (65) or S3 does not answer (69) */
  find(key: string): Promise<StoredObject>;
  /** @throws the SDK's error; one that says so when the answer broke off */
  read(object: StoredObject, range: ByteRange): Promise<Buffer>;
  /** Stores the object in one request: it appears whole or not at all. */
  write(key: string, body: Buffer, contentType: string): Promise<void>;
}

export function openStorage(settings: Settings, signal: AbortSignal): Storage {
  const Bucket = settings.S3_BUCKET;
  const client = new S3Client({
    region: settings.AWS_REGION,
    credentials: { accessKeyId: settings.AWS_ACCESS_KEY_ID, secretAccessKey: settings.AWS_SECRET_ACCESS_KEY },
    ...(settings.AWS_ENDPOINT_URL === undefined ? {} : { endpoint: settings.AWS_ENDPOINT_URL }),
    ...portable,
    maxAttempts: 4,
    requestHandler: { connectionTimeout: 5_000, socketTimeout: 30_000 },
  });
  const options = { abortSignal: signal };
  return {
    async find(Key) {
      try {
        const head = await client.send(new HeadObjectCommand({ Bucket, Key }), options);
        return { key: Key, size: head.ContentLength ?? 0, etag: head.ETag };
      } catch (error) {
        if (statusOf(error) === 404) throw new Failure(exitCodes.data, `${Key} does not exist in the bucket ${Bucket}.`);
        throw unavailable(`reading ${Key} from the bucket ${Bucket}`, error);
      }
    },
    async read({ key, etag }, { start, end }) {
      const answer = await client.send(new GetObjectCommand({ Bucket, Key: key, IfMatch: etag, Range: `bytes=${start}-${end}` }));
      const bytes = await buffer(answer.Body as Readable);
      if (bytes.length !== end + 1 - start) throw new Error(`the answer broke off after ${bytes.length} of ${end + 1 - start} bytes`);
      return bytes;
    },
    async write(Key, Body, ContentType) {
      try {
        await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType }), options);
      } catch (error) {
        throw unavailable(`writing ${Key} to the bucket ${Bucket}`, error);
      }
    },
  };
}

export function unavailable(doing: string, error: unknown): Failure {
  const { name, message } = error as Error;
  const status = statusOf(error);
  // An answer to HEAD has no body, so the SDK knows no more than the status.
  const why = name === "Unknown" || name === "403" ? "" : name === "Error" ? message : `${name}: ${message}`;
  const reason = [status === undefined ? "" : `HTTP ${status}${status === 403 ? ", access denied" : ""}`, why].filter(Boolean).join(", ");
  return new Failure(exitCodes.unavailable, `S3 failed while ${doing}: ${reason.replace(/\.$/, "")}.`);
}

/** HTTP status of a failed call, or undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}
