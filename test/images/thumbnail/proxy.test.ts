import { request } from "node:http";
import { buffer } from "node:stream/consumers";
import { S3ServiceException } from "@aws-sdk/client-s3";
import { blockSize } from "../../../images/thumbnail/src/blocks";
import { type ObjectProxy, serveObject } from "../../../images/thumbnail/src/proxy";
import { type ByteRange } from "../../../images/thumbnail/src/range";
import { type Storage } from "../../../images/thumbnail/src/storage";

const size = 20 * blockSize + 1000;
const content = Buffer.alloc(size, Buffer.from(Array.from({ length: 251 }, (_, i) => i)));
const object = { key: "videos/a.mp4", size, etag: '"e"' };

let reads: ByteRange[];
let proxy: ObjectProxy;
/** With what the next reads fail; those after these do not. */
let failures: Error[];

/** S3 in memory: only `read` is called by the proxy. */
const storage: Storage = {
  find: () => Promise.reject(new Error("not used")),
  write: () => Promise.reject(new Error("not used")),
  read: (_object, range) => {
    reads.push(range);
    const failure = failures.shift();
    return failure ? Promise.reject(failure) : Promise.resolve(content.subarray(range.start, range.end + 1));
  },
};

const refusal = (status: number): Error =>
  new S3ServiceException({ name: "PreconditionFailed", $fault: "client", $metadata: { httpStatusCode: status }, message: "changed" });

beforeEach(async () => {
  reads = [];
  failures = [];
  proxy = await serveObject(storage, object);
});
afterEach(() => proxy.close());

interface Answer {
  readonly status: number | undefined;
  readonly headers: Record<string, unknown>;
  readonly body: Buffer;
}

const get = (range?: string, url = proxy.url): Promise<Answer> =>
  new Promise((resolve, reject) => {
    request(url, { headers: range ? { range } : {} }, (response) => {
      buffer(response).then((body) => resolve({ status: response.statusCode, headers: response.headers, body }), reject);
    })
      .on("error", reject)
      .end();
  });

test("serves the object whole and in ranges", async () => {
  const whole = await get();
  expect(whole).toMatchObject({ status: 200, headers: { "accept-ranges": "bytes", "content-length": String(size) } });
  expect(whole.body.equals(content)).toBe(true);
  const part = await get(`bytes=${blockSize - 10}-${blockSize + 9}`);
  expect(part).toMatchObject({
    status: 206,
    headers: { "content-range": `bytes ${blockSize - 10}-${blockSize + 9}/${size}`, "content-length": "20" },
  });
  expect(part.body.equals(content.subarray(blockSize - 10, blockSize + 10))).toBe(true);
});

test("fetches only the blocks that are asked for, the last one as short as it is", async () => {
  await get(`bytes=${20 * blockSize + 10}-`);
  expect(reads).toEqual([{ start: 20 * blockSize, end: size - 1 }]);
});

test("fetches a block once for readers that come back to it, but keeps no more than 16", async () => {
  await get("bytes=0-99");
  await get("bytes=500-599");
  expect(reads).toHaveLength(1);
  await get(`bytes=${blockSize}-${17 * blockSize - 1}`);
  await get("bytes=0-99");
  expect(reads).toHaveLength(18);
});

test("refuses ranges beyond the end, and every other path", async () => {
  expect(await get(`bytes=${size}-`)).toMatchObject({ status: 416, headers: { "content-range": `bytes */${size}` } });
  expect(await get(undefined, `${new URL(proxy.url).origin}/other`)).toMatchObject({ status: 404 });
  expect(reads).toEqual([]);
});

test("tries a block again when S3 breaks off", async () => {
  failures = [new Error("socket hang up"), refusal(503)];
  expect((await get("bytes=1000-1999")).body.equals(content.subarray(1000, 2000))).toBe(true);
  expect(reads).toHaveLength(3);
  expect(proxy.failure()).toBeUndefined();
});

test("keeps the failure when S3 refuses, which trying again does not mend", async () => {
  failures = [refusal(412)];
  await expect(get()).rejects.toThrow();
  expect(reads).toHaveLength(1);
  expect(proxy.failure()).toMatchObject({
    code: 69,
    message: "S3 failed while reading videos/a.mp4: HTTP 412, PreconditionFailed: changed.",
  });
});

test("gives up on an S3 that keeps breaking off", async () => {
  failures = Array.from({ length: 6 }, () => new Error("socket hang up"));
  await expect(get()).rejects.toThrow();
  expect(reads).toHaveLength(5);
  expect(proxy.failure()).toMatchObject({ code: 69, message: "S3 failed while reading videos/a.mp4: socket hang up." });
});

test("a reader that has seen enough stops the reading, and that is no failure", async () => {
  await new Promise<void>((resolve, reject) => {
    const reading = request(proxy.url, (response) => response.once("data", () => resolve(void reading.destroy())));
    reading.on("error", reject).end();
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(reads.length).toBeLessThan(20);
  expect(proxy.failure()).toBeUndefined();
});
