import { type ServerResponse } from "node:http";
import { openBucket } from "../../../batch/s3/store";
import { type Answer, serve } from "../fakes/server";

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
    const object = `<Contents><Key>${last ? "v/é &amp; b" : "v/a"}</Key><ETag>&quot;e&quot;</ETag><Size>7</Size></Contents>`;
    const rest = last
      ? "<IsTruncated>false</IsTruncated>"
      : "<IsTruncated>true</IsTruncated><NextContinuationToken>more</NextContinuationToken>";
    response.end(`<?xml version="1.0"?><ListBucketResult>${object}${rest}</ListBucketResult>`);
  });
  const found: unknown[] = [];
  await store.list("v/", (object) => found.push(object));
  expect(found).toEqual([
    { key: "v/a", etag: `"e"`, bytes: 7 },
    { key: "v/é & b", etag: `"e"`, bytes: 7 },
  ]);
  expect(received[0]).toMatchObject({ path: expect.stringMatching(/^\/videos\/?$/) as string, query: { "list-type": "2", prefix: "v/" } });
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
  expect(await store.put("a", "{}", expected)).toBe(`"new"`);
  expect(received).toMatchObject([{ method: "PUT", path: "/videos/a", body: expect.stringContaining("{}") as string }]);
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
  expect(await message(store.get("a/b"))).toBe("BatchError: cannot read s3://videos/a/b: Access Denied");
  expect(await message(store.put("a/b", "{}"))).toBe("BatchError: cannot write s3://videos/a/b: Access Denied");
  expect(await message(store.list("a/", () => undefined))).toBe("BatchError: cannot list s3://videos/a/: Access Denied");
  expect(JSON.stringify(received)).not.toContain("very-secret");
});
