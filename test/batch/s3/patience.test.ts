import { type ServerResponse } from "node:http";
import { openBucket } from "../../../batch/s3/store";
import { type Answer, serve } from "../fakes/server";

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
  return { received, close, store: openBucket({ endpoint, region: "gra", bucket: "b", accessKeyId: "id", secretAccessKey: "s" }) };
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
