import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBucket } from "../../../../batch/storage/s3/store";
import { type Answer, serve } from "../../fakes/server";

// Errors of Node's own modules are of another realm than those of a test, which is why their words may begin with "Error: " here.
// Time stands still but for the pauses between tries.
let mockSlept = 0;
jest.mock("node:timers/promises", () => ({
  setTimeout: (ms: number) => {
    mockSlept += ms;
    return new Promise((resolve) => setImmediate(resolve));
  },
}));

// The SDK compares it with the time that the server tells.
const start = Date.now();
const closing: (() => unknown)[] = [];
beforeEach(() => {
  mockSlept = 0;
  jest.spyOn(Date, "now").mockImplementation(() => start + mockSlept);
});
afterEach(async () => {
  jest.restoreAllMocks();
  for (const close of closing.splice(0)) await close();
});

async function setUp(answer: Answer) {
  const { url: endpoint, received, close } = await serve(answer);
  closing.push(close);
  const said: string[] = [];
  const settings = { endpoint, region: "gra", bucket: "b", accessKeyId: "id", secretAccessKey: "s" };
  return { received, close, said, store: openBucket(settings, (text) => said.push(text)) };
}

const minutes = () => mockSlept / 60_000;
const take = (response: ServerResponse) => response.writeHead(200, { etag: `"e"` }).end();
const refuse = (response: ServerResponse, status: number, code: string) =>
  response.writeHead(status, { "content-type": "application/xml" }).end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);

const busy: [string, (response: ServerResponse) => void][] = [
  ["breaks connections", (response) => response.destroy()],
  ["answers 429", (response) => refuse(response, 429, "TooManyRequests")],
  ["answers 500", (response) => refuse(response, 500, "InternalError")],
  ["answers 503", (response) => refuse(response, 503, "ServiceUnavailable")],
  ["asks to slow down", (response) => refuse(response, 400, "SlowDown")],
  ["does not get the request in time", (response) => refuse(response, 400, "RequestTimeout")],
];

test.each(busy)("a record is written to a store that for 14 minutes %s", async (_what, fail) => {
  const { store } = await setUp(({ method }, response) => {
    if (method === "PUT" && minutes() < 14) fail(response);
    else take(response);
  });
  await store.get("a");
  expect(await store.put("a/records/1.json", "{}", "absent")).toBe(`"e"`);
  expect(minutes()).toBeGreaterThanOrEqual(14);
});

test("many at once do not use up each other's tries", async () => {
  const tries = new Map<string, number>();
  const { store } = await setUp(({ method, path }, response) => {
    const n = (tries.get(path) ?? 0) + 1;
    tries.set(path, n);
    if (method === "PUT" && n <= 20) refuse(response, 503, "SlowDown");
    else take(response);
  });
  await store.get("a");
  // Of so many pauses at once, each moves the time.
  jest.spyOn(Date, "now").mockReturnValue(start);
  const keys = Array.from({ length: 16 }, (_, index) => `a/records/${index}.json`);
  expect(await Promise.all(keys.map((key) => store.put(key, "{}")))).toEqual(keys.map(() => `"e"`));
});

test("after a quarter of an hour it is given up, with the store's own words", async () => {
  const { store } = await setUp(({ method }, response) => (method === "PUT" ? refuse(response, 503, "SlowDown") : take(response)));
  await store.get("a");
  await expect(store.put("a", "{}")).rejects.toThrow("cannot write s3://b/a: SlowDown");
  expect(minutes()).toBeGreaterThan(14);
  expect(minutes()).toBeLessThan(15.5);
});

test.each([
  [403, false],
  [404, false],
  [503, true],
  [undefined, true],
])("a fault tells whether the same may succeed later (status %s: %s)", async (status, transient) => {
  const { store } = await setUp((_, response) => (status === undefined ? response.destroy() : refuse(response, status, "Refused")));
  await expect(store.put("a", "{}")).rejects.toMatchObject({ name: "StoreError", transient });
});

test.each([400, 403, 404, 501])("what the store refuses with %i is not asked again", async (status) => {
  const { store, received } = await setUp((_, response) => refuse(response, status, "Refused"));
  await expect(store.put("a", "{}")).rejects.toThrow("cannot write s3://b/a: Refused");
  expect([received.length, mockSlept]).toEqual([1, 0]);
});

test("a store that does not answer at the start is given up within seconds, on whatever request", async () => {
  const { store, close } = await setUp(() => undefined);
  await close();
  for (const work of [() => store.get("a"), () => store.put("a", "{}"), () => store.list("a/", () => undefined)]) {
    mockSlept = 0;
    await expect(work()).rejects.toThrow("ECONNREFUSED");
    expect(mockSlept).toBeLessThan(60_000);
  }
});

test("a refusal is an answer, too: from then on there is patience", async () => {
  const { store } = await setUp(({ method }, response) => {
    if (method === "GET") refuse(response, 404, "NoSuchKey");
    else if (minutes() < 10) refuse(response, 503, "SlowDown");
    else take(response);
  });
  expect(await store.get("a")).toBeUndefined();
  expect(await store.put("a", "{}")).toBe(`"e"`);
});

describe("an answer that breaks off half-way", () => {
  const half = (response: ServerResponse) => {
    response.writeHead(200, { "content-length": "100" }).write("half");
    setTimeout(() => response.destroy(), 5);
  };
  const folder = mkdtempSync(join(tmpdir(), "store-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("is read anew from its beginning, for as long as any other request", async () => {
    const { store } = await setUp((_, response) => (minutes() < 14 ? half(response) : response.end("whole")));
    expect(await store.get("a")).toBe("whole");
    mockSlept = 0;
    expect((await store.getBytes("a"))?.toString()).toBe("whole");
    mockSlept = 0;
    expect(await store.download("a", join(folder, "a"))).toBe(true);
    expect(readFileSync(join(folder, "a"), "utf8")).toBe("whole");
    expect(minutes()).toBeGreaterThanOrEqual(14);
  });

  test("is told after some seconds, although each has a good beginning; and when there is a whole one", async () => {
    const { store, said } = await setUp((_, response) => (minutes() < 1 ? half(response) : response.end("whole")));
    await store.get("a");
    expect(said.length).toBeLessThan(6);
    expect(said[0]).toMatch(
      /^S3 does not answer \(an answer broke off: (?:Error: )?aborted\) for \d+ s; each request is tried for up to 15 min$/,
    );
    expect(said.at(-1)).toBe("S3 answers again");
  });

  test("is read anew although it came for longer than there is patience, and that time is no silence", async () => {
    const { store, said } = await setUp((_, response, n) => {
      if (n > 0) response.end("whole");
      else {
        mockSlept += 20 * 60_000;
        half(response);
      }
    });
    expect(await store.get("a")).toBe("whole");
    expect(said).toEqual([]);
  });

  test("is given up in the end, and leaves a file as it was", async () => {
    const { store } = await setUp((_, response) => half(response));
    writeFileSync(join(folder, "b"), "old");
    await expect(store.download("b", join(folder, "b"))).rejects.toThrow(/^cannot read s3:\/\/b\/b: (?:Error: )?aborted$/);
    expect(minutes()).toBeGreaterThan(14);
    expect(minutes()).toBeLessThan(15.5);
    expect(readdirSync(folder).sort()).toEqual(["a", "b"]);
    expect(readFileSync(join(folder, "b"), "utf8")).toBe("old");
  });

  test("is no reason to try again where the file cannot be written", async () => {
    const { store, received } = await setUp((_, response) => response.end("whole"));
    await expect(store.download("a", join(folder, "none", "a"))).rejects.toThrow("ENOENT");
    expect([received.length, mockSlept]).toEqual([1, 0]);
  });
});

describe("while S3 takes nothing", () => {
  test("it is told after some seconds and at growing intervals, with the reason, and when it answers again", async () => {
    const { store, said } = await setUp(({ method }, response) =>
      method === "PUT" && minutes() < 14 ? refuse(response, 503, "SlowDown") : take(response),
    );
    await store.get("a");
    await store.put("a", "{}");
    expect(said.slice(0, -1).map((text) => text.replace(/for [\d.]+ (s|min);/, "for …;"))).toEqual(
      Array.from({ length: said.length - 1 }, () => "S3 refuses requests for now (SlowDown) for …; each request is tried for up to 15 min"),
    );
    expect(said.at(-1)).toBe("S3 answers again");
    // After 5, 10, 20, 40, 80, 160 and 320 s, then every 5 min.
    expect(said.length).toBeGreaterThan(6);
    expect(said.length).toBeLessThan(11);
    await store.put("b", "{}");
    expect(said.at(-2)).not.toBe("S3 answers again");
  });

  test("without any answer it says so", async () => {
    const { store, said, close } = await setUp((_, response) => take(response));
    await store.get("a");
    await close();
    await expect(store.put("a", "{}")).rejects.toThrow("ECONNREFUSED");
    expect(said[0]).toMatch(
      /^S3 does not answer \((?:Error: )?connect ECONNREFUSED 127\.0\.0\.1:\d+\) for \d+ s; each request is tried for up to 15 min$/,
    );
  });

  test("a moment of it is not worth a word", async () => {
    const { store, said } = await setUp((_, response, n) => (n < 3 ? refuse(response, 503, "SlowDown") : take(response)));
    await store.put("a", "{}");
    expect(said).toEqual([]);
  });
});
