/** Webhooks, with real HTTP servers on the loopback interface and a clock that the tests hold. */
import { createHmac } from "node:crypto";
import { retryAfter } from "../../../controller/notifications/webhook";
import { type Answer, serve } from "../../batch/fakes/server";
import { until } from "./clock";
import { createProcess, createSurroundings, stopAll } from "./world";

const [second, minute, hour] = [1000, 60_000, 3_600_000];

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await stopAll();
});

async function listen(answer: Answer = (_, response) => response.end()) {
  const server = await serve(answer);
  closing.push(server.close);
  return server;
}

const answering = (status: number, headers: Record<string, string> = {}): Answer => {
  return (_, response) => response.writeHead(status, headers).end("what it says");
};

const target = (url: string, values: object = {}, name = "team") => ({ name, webhook: { url, ...values } });

test("a notification is delivered once, as JSON with an idempotency key, and marked", async () => {
  const { url, received } = await listen();
  const here = createProcess([target(`${url}/hook`, { headers: { Authorization: "Bearer token" } })]);
  here.start();
  await here.tell();
  await here.tell();
  await here.pass(24 * hour);
  expect(received).toHaveLength(1);
  const { method, path, headers, body } = received[0]!;
  expect({ method, path }).toEqual({ method: "POST", path: "/hook" });
  expect(headers).toMatchObject({ authorization: "Bearer token", "content-type": "application/json" });
  expect(headers["idempotency-key"]).toMatch(/^[0-9a-f]{32}$/);
  expect(JSON.parse(body)).toMatchObject({ job: "sweep", status: "failed", cluster: "prod", counts: { failed: 3 } });
  expect(here.state("team")).toEqual(["sent"]);
  expect([here.outcomes, here.pending()]).toEqual([["team sent"], 0]);
  expect(here.lines).toEqual([{ level: "info", text: "a notification is sent", job: "sweep", target: "team", tries: 1 }]);
});

test("tell() waits for no target", async () => {
  const here = createProcess([target("http://127.0.0.1:1/")]);
  await here.tell();
  expect(here.state("team")).toEqual(["pending"]);
});

test.each([
  ["complete", []],
  ["failed", ["default", "failures"]],
  ["unfinished", ["default"]],
] as const)("a Job that is %s is told to those who want to know", async (status, told) => {
  const here = createProcess([
    target("http://127.0.0.1:1/", {}, "default"),
    { ...target("http://127.0.0.1:1/", {}, "failures"), on: ["failed"] },
  ]);
  await here.tell({ result: { status } });
  expect(here.entries().flatMap(({ targets }) => Object.keys(targets))).toEqual(told);
});

test.each([
  [undefined, ["a", "b"]],
  [["b"], ["b"]],
  [[], []],
  [["none"], []],
])("a Job with notify %j is told to those", async (notify, told) => {
  const here = createProcess([target("http://127.0.0.1:1/", {}, "a"), target("http://127.0.0.1:1/", {}, "b")]);
  await here.tell({ parameters: { notify } });
  expect(here.entries().flatMap(({ targets }) => Object.keys(targets))).toEqual(told);
  expect(here.lines).toEqual([]);
});

test("a Job that names a target which does not exist is told to the others, and the log says so", async () => {
  const here = createProcess([target("http://127.0.0.1:1/", {}, "a")]);
  await here.tell({ parameters: { notify: ["a", "typo"] } });
  expect(here.state("a")).toEqual(["pending"]);
  expect(here.lines).toEqual([expect.objectContaining({ job: "sweep", unknown: ["typo"], known: ["a"] })]);
});

test("a server that answers 500 for an hour gets it after that, with pauses of 5 s to 10 min, always with the same key", async () => {
  const { clock, bucket } = createSurroundings();
  const recovers = clock.now() + hour;
  const times: number[] = [];
  const { url, received } = await listen((_, response) => {
    times.push(clock.now());
    response.writeHead(clock.now() < recovers ? 500 : 200).end();
  });
  const here = createProcess([target(url)], { clock, bucket });
  here.start();
  await here.tell();
  await here.pass(24 * hour);
  const pauses = times.slice(1).map((time, i) => time - times[i]!);
  expect(pauses[0]).toBe(5 * second);
  expect(Math.max(...pauses)).toBeLessThanOrEqual(10 * minute);
  expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
  expect(times.at(-1)! - recovers).toBeLessThan(10 * minute);
  expect(new Set(received.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
  expect(new Set(received.map(({ body }) => body)).size).toBe(1);
  expect(here.outcomes).toEqual([...times.slice(1).map(() => "team failed"), "team sent"]);
  expect(here.lines.map(({ level, error }) => [level, error])).toEqual([
    ["warn", "HTTP 500"],
    ["info", undefined],
  ]);
});

test("a server that is away for longer than a day is given up", async () => {
  const { url, close } = await serve(() => undefined);
  await close();
  const here = createProcess([target(url)]);
  here.start();
  await here.tell();
  await here.pass(24 * hour - minute);
  expect(here.state("team")).toEqual(["pending"]);
  await here.pass(hour);
  expect(here.state("team")).toEqual(["given up"]);
  const tries = here.outcomes.length;
  expect(tries).toBeLessThan(170);
  await here.pass(24 * hour);
  expect(here.outcomes).toHaveLength(tries);
  expect(here.outcomes.at(-1)).toBe("team given_up");
  expect(here.lines.map(({ text, error }) => [text, error])).toEqual([
    ["a notification is not taken, and is tried again", "ECONNREFUSED"],
    ["a notification is given up", "ECONNREFUSED"],
  ]);
});

test("a server that hangs delays no other target, and is tried again", async () => {
  const hanging = await listen((_, response, n) => (n === 0 ? undefined : response.end()));
  const quick = await listen();
  const here = createProcess([target(hanging.url, {}, "hanging"), target(quick.url, {}, "quick")]);
  here.start();
  await here.tell();
  await until(() => hanging.received.length === 1 && here.state("quick")[0] === "sent");
  expect(here.state("hanging")).toEqual(["pending"]);
  here.clock.advanceTo(here.clock.now() + 10 * second);
  await here.idle();
  expect(here.lines).toContainEqual(expect.objectContaining({ target: "hanging", error: "no answer in time" }));
  await here.pass(5 * second);
  expect(here.state("hanging")).toEqual(["sent"]);
  expect([hanging.received.length, quick.received.length]).toEqual([2, 1]);
});

test.each([400, 401, 403, 404, 410, 413])("HTTP %i is final", async (status) => {
  const { url, received } = await listen(answering(status));
  const here = createProcess([target(url)]);
  here.start();
  await here.tell();
  await here.pass(24 * hour);
  expect(received).toHaveLength(1);
  expect(here.state("team")).toEqual(["refused"]);
  expect(here.outcomes).toEqual(["team failed", "team given_up"]);
  expect(here.lines).toEqual([expect.objectContaining({ text: "a notification is given up", error: `HTTP ${status}` })]);
});

test.each([
  [408, {}, 5 * second],
  [425, {}, 5 * second],
  [429, { "retry-after": "120" }, 120 * second],
  [503, { "retry-after": "7200" }, 2 * hour],
  [503, { "retry-after": "1" }, 5 * second],
])("HTTP %i with %j is tried again in time", async (status, headers, pause) => {
  const { url, received } = await listen((_, response, n) => response.writeHead(n === 0 ? status : 200, headers).end());
  const here = createProcess([target(url)]);
  here.start();
  await here.tell();
  await here.pass(pause - 1);
  expect(received).toHaveLength(1);
  await here.pass(1);
  expect(received).toHaveLength(2);
  expect(here.state("team")).toEqual(["sent"]);
});

test("Retry-After is read as seconds or as a date, and never reaches back", () => {
  const now = Date.parse("2026-11-20T18:00:00Z");
  expect(retryAfter("30", now)).toBe(30_000);
  expect(retryAfter("Fri, 20 Nov 2026 18:01:00 GMT", now)).toBe(60_000);
  for (const header of [null, "0", "soon", "-5", "Fri, 20 Nov 2026 17:00:00 GMT"]) expect(retryAfter(header, now)).toBeUndefined();
});

test("a redirect is not followed, and is tried again", async () => {
  const other = await listen();
  const { url, received } = await listen(answering(307, { location: other.url }));
  const here = createProcess([target(url)]);
  here.start();
  await here.tell();
  await here.pass(minute);
  expect(received.length).toBeGreaterThan(1);
  expect(other.received).toHaveLength(0);
  expect(here.lines).toEqual([expect.objectContaining({ error: "HTTP 307: redirects are not followed" })]);
});

test("a secret signs the message as Standard Webhooks says", async () => {
  const { url, received } = await listen();
  const key = Buffer.from("0123456789abcdef0123456789abcdef");
  const here = createProcess([target(url, { secret: `whsec_${key.toString("base64")}` })]);
  here.start();
  await here.tell();
  await here.pass(second);
  const { headers, body } = received[0]!;
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature, "idempotency-key": same } = headers;
  expect(id).toBe(same);
  expect(Math.abs(Number(timestamp) * 1000 - here.clock.now())).toBeLessThan(2 * second);
  expect(signature).toBe(
    `v1,${createHmac("sha256", key)
      .update(`${String(id)}.${String(timestamp)}.${body}`)
      .digest("base64")}`,
  );
});

test("what is secret is in no log, and not in the bucket", async () => {
  const secrets = ["T0KEN/B0T/hunter2", "Bearer-hunter3", "aHVudGVyNGh1bnRlcjRodW50ZXI0aHVudGVyNA=="];
  const [path, bearer, key] = secrets;
  const { url: closed, close } = await serve(() => undefined);
  await close();
  const { url } = await listen(({ path: asked, headers }, response) =>
    response.writeHead(404).end(`no ${asked} for ${headers.authorization}`),
  );
  const values = { headers: { Authorization: bearer }, secret: `whsec_${key}` };
  const here = createProcess([
    target(`${url}/${path}`, values, "refusing"),
    target(`${closed}/${path}`, values, "closed"),
    target(`${url.replace("http:", "https:")}/${path}`, values, "no-tls"),
  ]);
  here.start();
  await here.tell();
  await here.idle();
  expect(here.lines.map(({ target }) => target).sort()).toEqual(["closed", "no-tls", "refusing"]);
  const told = JSON.stringify([here.lines, ...here.bucket.objects]);
  for (const secret of secrets) expect(told).not.toContain(secret);
});

describe("the forms of chats", () => {
  test.each([
    ["slack", (body: Record<string, unknown>) => expect(body).toMatchObject({ text: expect.stringContaining("sweep: failed") as string })],
    [
      "teams",
      (body: Record<string, unknown>) =>
        expect(body).toMatchObject({ type: "message", attachments: [{ contentType: "application/vnd.microsoft.card.adaptive" }] }),
    ],
  ])("%s is sent as it wants it", async (format, check) => {
    const { url, received } = await listen(answering(202));
    const here = createProcess([target(url, { format })]);
    here.start();
    await here.tell();
    await here.pass(second);
    expect(here.state("team")).toEqual(["sent"]);
    check(JSON.parse(received[0]!.body) as Record<string, unknown>);
  });
});
