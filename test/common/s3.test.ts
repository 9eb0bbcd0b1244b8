/** Every S3 client of the program against a server that refuses the checksums that the SDK adds by default. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBucket } from "../../batch/storage/s3/store";
import { openStorage } from "../../images/thumbnail/src/storage";
import { type Settings } from "../../images/thumbnail/src/settings";
import { Bucket } from "../../local/demo/bucket";
import { LocalStorage } from "../../local/s3";
import { type Received, serve } from "../batch/fakes/server";

let server: Awaited<ReturnType<typeof serve>>;
const folder = mkdtempSync(join(tmpdir(), "s3-"));
const keys = { accessKeyId: "id", secretAccessKey: "very-secret" };

const checksumsOf = ({ headers }: Received) =>
  Object.entries(headers).filter(
    ([name, value]) => /^x-amz-(checksum|sdk-checksum|trailer)/.test(name) || /aws-chunked|TRAILER/.test(String(value)),
  );

beforeAll(async () => {
  server = await serve((received, response) => {
    const { method, query, headers } = received;
    const foreign = checksumsOf(received);
    if (foreign.length > 0)
      response.writeHead(501).end(`<Error><Code>NotImplemented</Code><Message>${JSON.stringify(foreign)}</Message></Error>`);
    else if (query["list-type"]) response.end("<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>");
    else if (headers.range) response.writeHead(206, { etag: `"e"` }).end("text");
    else response.writeHead(200, { etag: `"e"`, "content-length": "4" }).end(method === "HEAD" ? undefined : "text");
  });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});
afterEach(() => expect(server.received.splice(0).flatMap(checksumsOf)).toEqual([]));

const methods = () => server.received.map(({ method }) => method);

test("of a Job's records and results", async () => {
  const store = openBucket({ endpoint: server.url, region: "gra", bucket: "videos", ...keys });
  expect(await store.put("a", "text", "absent")).toBe(`"e"`);
  expect(await store.put("a", Buffer.from([1, 2]))).toBe(`"e"`);
  expect(await store.get("a")).toBe("text");
  expect(await store.getBytes("a")).toEqual(Buffer.from("text"));
  const found: string[] = [];
  await store.list("", ({ key }) => found.push(key));
  expect(found).toEqual(["a"]);
  expect(methods()).toEqual(["PUT", "PUT", "GET", "GET", "GET"]);
});

test("of the thumbnail worker", async () => {
  const settings = {
    S3_BUCKET: "videos",
    AWS_REGION: "gra",
    AWS_ENDPOINT_URL: server.url,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
  } as Settings;
  const storage = openStorage(settings, new AbortController().signal);
  const object = await storage.find("a.mp4");
  expect(object).toEqual({ key: "a.mp4", size: 4, etag: `"e"` });
  expect((await storage.read(object, { start: 0, end: 3 })).toString()).toBe("text");
  await storage.write("a.webm", Buffer.from("picture"), "video/webm");
  expect(server.received.at(-1)).toMatchObject({ method: "PUT", path: "/videos/a.webm", body: "picture" });
  expect(methods()).toEqual(["HEAD", "GET", "PUT"]);
});

test("of the demo's videos", async () => {
  const videos = join(folder, "a.mp4");
  writeFileSync(videos, "video");
  const bucket = new Bucket({ endpoint: server.url, region: "gra", bucket: "videos", ...keys });
  expect(await bucket.upload(folder, "videos/")).toBe(1);
  expect(readFileSync(await bucket.download("results/b", folder), "utf8")).toBe("text");
  expect(methods()).toEqual(["HEAD", "PUT", "GET"]);
});

test("of the local cloud's buckets", async () => {
  const storage = await LocalStorage.connect(server.url, { access: "id", secret: "very-secret" }, "gra");
  await storage.createBucket({ name: "videos", versioning: false, objectLock: false });
  expect(methods()).toEqual(["PUT"]);
});

test("there is no other one", () => {
  const root = join(__dirname, "..", "..");
  const folders = [
    "autoscaler",
    "batch",
    "bench",
    "cli",
    "common",
    "components",
    "controller",
    "images",
    "kubernetes",
    "local",
    "report",
    "simulator",
    "stacks",
    "test",
  ];
  const clients = folders
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => `${folder}/${file}`))
    .filter((file) => file.endsWith(".ts") && join(root, file) !== __filename)
    .flatMap((file) => {
      const made = readFileSync(join(root, file), "utf8").matchAll(/new (?:\w+\.)?S3Client\((.*?)\);/gs);
      return [...made].map(([, options = ""]) => ({ file, portable: options.includes("...portable") }));
    });
  const used = clients.filter(({ file }) => !file.startsWith("test/"));
  expect(used.map(({ file }) => file)).toEqual([
    "batch/storage/s3/store.ts",
    "images/thumbnail/src/storage.ts",
    "local/demo/bucket.ts",
    "local/s3/storage.ts",
  ]);
  expect(clients.filter(({ portable }) => !portable)).toEqual([]);
});
