import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBucket } from "../../../../batch/storage/s3/store";
import { type Answer, serve } from "../../fakes/server";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A bucket "videos" of an S3 server that answers as told. */
async function setUp(answer: Answer) {
  const { url: endpoint, received, close } = await serve(answer);
  closing.push(close);
  const store = openBucket({ endpoint, region: "gra", bucket: "videos", accessKeyId: "id", secretAccessKey: "very-secret" });
  return { store, received };
}

const refuse = (response: ServerResponse, status: number, code: string, message = code) =>
  response.writeHead(status, { "content-type": "application/xml" }).end(`<Error><Code>${code}</Code><Message>${message}</Message></Error>`);

test("lists all pages, with keys of any characters", async () => {
  const { store, received } = await setUp(({ query }, response) => {
    const last = query["continuation-token"] === "more";
    const object = `<Contents><Key>${last ? "v/é &amp; b" : "v/a"}</Key><ETag>&quot;e&quot;</ETag><Size>7</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>`;
    const rest = last
      ? "<IsTruncated>false</IsTruncated>"
      : "<IsTruncated>true</IsTruncated><NextContinuationToken>more</NextContinuationToken>";
    response.end(`<?xml version="1.0"?><ListBucketResult>${object}${rest}</ListBucketResult>`);
  });
  const found: unknown[] = [];
  await store.list("v/", (object) => found.push(object));
  expect(found).toEqual([
    { key: "v/a", etag: `"e"`, bytes: 7, modified: "2026-01-01T00:00:00Z" },
    { key: "v/é & b", etag: `"e"`, bytes: 7, modified: "2026-01-01T00:00:00Z" },
  ]);
  expect(received[0]).toMatchObject({ path: expect.stringMatching(/^\/videos\/?$/) as string, query: { "list-type": "2", prefix: "v/" } });
});

test("lists keys with characters that XML cannot have, and takes them as they are where the server knows no other way", async () => {
  const keys = ["v/a%01b", "v/n%0Al", "v/a+b%2Bc%20d%25", "v/%C3%A9"];
  let encoding = "<EncodingType>url</EncodingType>";
  const { store, received } = await setUp((_, response) => {
    const objects = keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("");
    const folder = "<CommonPrefixes><Prefix>v/x%09/</Prefix></CommonPrefixes>";
    response.end(`<ListBucketResult><IsTruncated>false</IsTruncated>${encoding}${objects}${folder}</ListBucketResult>`);
  });
  const list = async () => {
    const found: string[] = [];
    await store.list(
      "v/",
      ({ key }) => found.push(key),
      (folder) => found.push(folder),
    );
    return found;
  };
  expect(await list()).toEqual(["v/a\u0001b", "v/n\nl", "v/a b+c d%", "v/é", "v/x\t/"]);
  expect(received[0]!.query).toMatchObject({ "encoding-type": "url" });
  encoding = "";
  expect(await list()).toEqual([...keys, "v/x%09/"]);
});

test("reads text, and undefined where no object is", async () => {
  const { store } = await setUp(({ path }, response) => {
    if (path.startsWith("/videos/a")) response.end("naïve");
    else refuse(response, 404, "NoSuchKey");
  });
  expect(await store.get("a")).toBe("naïve");
  expect(await store.get("b")).toBeUndefined();
});

test.each<[string | undefined, object]>([
  [undefined, { "if-match": undefined, "if-none-match": undefined }],
  ["absent", { "if-match": undefined, "if-none-match": "*" }],
  [`"old"`, { "if-match": `"old"`, "if-none-match": undefined }],
])("writes on the condition that the object is %p", async (expected, headers) => {
  const { store, received } = await setUp((_, response) => response.writeHead(200, { etag: `"new"` }).end());
  expect(await store.put("a.json", "{}", expected)).toBe(`"new"`);
  expect(received).toMatchObject([{ method: "PUT", path: "/videos/a.json", body: expect.stringContaining("{}") as string }]);
  expect(received[0]!.headers).toMatchObject({ "content-type": "application/json" });
  expect({ "if-match": received[0]!.headers["if-match"], "if-none-match": received[0]!.headers["if-none-match"] }).toEqual(headers);
});

test.each([
  [412, "PreconditionFailed"],
  [409, "ConditionalRequestConflict"],
])("answers undefined when somebody else was quicker (%i), without asking again", async (status, code) => {
  const { store, received } = await setUp((_, response) => refuse(response, status, code));
  expect(await store.put("a", "{}", "absent")).toBeUndefined();
  expect(received).toHaveLength(1);
});

test("lists one level, with the folders below", async () => {
  const { store, received } = await setUp((_, response) =>
    response.end(
      `<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>v/a</Key></Contents><CommonPrefixes><Prefix>v/b/</Prefix></CommonPrefixes></ListBucketResult>`,
    ),
  );
  const found: string[] = [];
  await store.list(
    "v/",
    ({ key }) => found.push(key),
    (folder) => found.push(folder),
  );
  expect(found).toEqual(["v/a", "v/b/"]);
  expect(received[0]?.query).toMatchObject({ delimiter: "/", prefix: "v/" });
});

test("reads and writes bytes as they are; a browser shows pages as such, and what is no JSON as text", async () => {
  const bytes = Buffer.from([0, 255, 128, 10]);
  const { store, received } = await setUp(({ path }, response) => {
    if (path.endsWith("none")) refuse(response, 404, "NoSuchKey");
    else response.end(bytes);
  });
  expect(await store.getBytes("a")).toEqual(bytes);
  expect(await store.getBytes("none")).toBeUndefined();
  await store.put("a.log", "é");
  expect(received.at(-1)).toMatchObject({ headers: { "content-type": "text/plain; charset=utf-8" } });
  await store.put("batch/a/report.html", "<!doctype html>");
  expect(received.at(-1)).toMatchObject({ headers: { "content-type": "text/html; charset=utf-8" } });
});

describe("a download", () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "store-"))));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("is a file once it is complete", async () => {
    const { store } = await setUp(({ path }, response) => {
      if (path.endsWith("none")) refuse(response, 404, "NoSuchKey");
      else response.end("content");
    });
    expect(await store.download("a", join(folder, "a"))).toBe(true);
    expect(await store.download("none", join(folder, "none"))).toBe(false);
    expect(readdirSync(folder)).toEqual(["a"]);
    expect(readFileSync(join(folder, "a"), "utf8")).toBe("content");
  });

  test("has a name as long as the disk allows, whatever other keys there are", async () => {
    const { store } = await setUp((_, response) => response.end("content"));
    const name = "n".repeat(255);
    expect(await store.download("a", join(folder, name))).toBe(true);
    expect(readFileSync(join(folder, name), "utf8")).toBe("content");
    rmSync(join(folder, name));
  });
});

test("asks again when the server is busy", async () => {
  const { store, received } = await setUp((_, response, n) => (n === 0 ? refuse(response, 503, "SlowDown") : response.end("text")));
  expect(await store.get("a")).toBe("text");
  expect(received).toHaveLength(2);
});

test("tells what it could not do, and never the key's secret", async () => {
  const { store, received } = await setUp((_, response) => refuse(response, 403, "AccessDenied", "Access Denied"));
  const message = (work: Promise<unknown>) =>
    work.then(
      () => "nothing",
      (error: Error) => `${error.name}: ${error.message}`,
    );
  expect(await message(store.get("a/b"))).toBe("StoreError: cannot read s3://videos/a/b: Access Denied");
  expect(await message(store.put("a/b", "{}"))).toBe("StoreError: cannot write s3://videos/a/b: Access Denied");
  expect(await message(store.list("a/", () => undefined))).toBe("StoreError: cannot list s3://videos/a/: Access Denied");
  expect(JSON.stringify(received)).not.toContain("very-secret");
});
