/** Several processes with one bucket: what one leaves behind, another brings to its end, and nothing is sent twice. */
import { type Store } from "../../../batch";
import { type Answer, serve } from "../../batch/fakes/server";
import { type FakeStore } from "../../batch/fakes/store";
import { turn, until } from "./clock";
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

const team = (url: string, name = "team") => ({ name, webhook: { url } });

/** The bucket as a process sees it that stops, without a word, when `dies` says so. */
function mortal(bucket: FakeStore, dies: () => boolean): Store {
  const forever = new Promise<never>(() => undefined);
  return new Proxy(bucket, {
    get: (store, name) => {
      const value = Reflect.get(store, name) as unknown;
      return typeof value === "function"
        ? (...all: unknown[]) => (dies() ? forever : (value as (...all: unknown[]) => unknown).apply(store, all))
        : value;
    },
  });
}

test("what was told and not sent is sent by the next process", async () => {
  const shared = createSurroundings();
  const { url, received } = await listen();
  const first = createProcess([team(url)], shared);
  await first.tell();
  const next = createProcess([team(url)], shared);
  next.start();
  await next.pass(minute);
  expect(received).toHaveLength(1);
  expect(next.state("team")).toEqual(["sent"]);
});

test("after a crash between sending and marking it is sent again, with the same key, after a minute", async () => {
  const shared = createSurroundings();
  let dead = false;
  const { url, received } = await listen((_, response) => {
    dead = true;
    response.end();
  });
  const first = createProcess([team(url)], shared, { store: mortal(shared.bucket, () => dead) });
  await first.tell();
  first.start({ dies: true });
  await until(() => received.length === 1);
  for (let i = 0; i < 20; i++) await turn();
  const next = createProcess([team(url)], shared);
  next.start();
  await next.pass(59 * second);
  expect(received).toHaveLength(1);
  await next.pass(second);
  expect(received).toHaveLength(2);
  expect(received[1]!.headers["idempotency-key"]).toBe(received[0]!.headers["idempotency-key"]);
  expect(received[1]!.body).toBe(received[0]!.body);
  await next.pass(24 * hour);
  expect(received).toHaveLength(2);
  expect(next.state("team")).toEqual(["sent"]);
});

test.each([0, 1, 2, 3].flatMap((n) => [false, true].map((after) => [n, after] as const)))(
  "killed at write %i (after it: %p), nothing is lost, and what is sent again has the same key",
  async (n, after) => {
    const shared = createSurroundings();
    const { url, received } = await listen();
    let [writes, dead] = [0, false];
    const store = mortal(shared.bucket, () => dead);
    const put: Store["put"] = async (...all) => {
      const isLast = writes++ === n;
      if (isLast && !after) dead = true;
      const written = await store.put(...all);
      if (isLast) dead = true;
      // What was written stays; who wrote it never hears of it.
      return dead ? new Promise<never>(() => undefined) : written;
    };
    const first = createProcess([team(url)], shared, {
      store: new Proxy(store, { get: (of, name) => (name === "put" ? put : (Reflect.get(of, name) as unknown)) }),
    });
    first.start({ dies: true });
    void first.tell();
    for (let i = 0; i < 50 && !dead; i++) await turn();
    await until(() => dead || first.outcomes.includes("team sent"));
    const next = createProcess([team(url)], shared);
    next.start();
    await next.tell();
    await next.pass(hour);
    expect(next.state("team")).toEqual(["sent"]);
    expect(new Set(received.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
    // Only between sending and marking.
    expect(received).toHaveLength(n === 2 && !after ? 2 : 1);
  },
);

test("two processes that tell the same end, and deliver at the same time, send it once", async () => {
  const shared = createSurroundings();
  const { url, received } = await listen();
  const processes = [1, 2, 3].map(() => createProcess([team(url)], shared));
  for (const { start } of processes) start();
  await Promise.all(processes.flatMap(({ tell }) => [tell(), tell({ id: "another end" })]));
  await until(() => processes[0]!.state("team").every((state) => state === "sent"));
  for (let i = 0; i < 50; i++) await turn();
  shared.clock.advanceTo(shared.clock.now() + hour);
  for (let i = 0; i < 50; i++) await turn();
  expect(processes[0]!.entries()).toHaveLength(2);
  expect(received).toHaveLength(2);
  expect(new Set(received.map(({ headers }) => headers["idempotency-key"])).size).toBe(2);
});

test("what a process tells that does not deliver is found within ten minutes", async () => {
  const shared = createSurroundings();
  const { url, received } = await listen();
  const leader = createProcess([team(url)], shared);
  leader.start();
  await leader.idle();
  await createProcess([team(url)], shared).tell();
  await leader.pass(9 * minute);
  expect(received).toHaveLength(0);
  await leader.pass(minute);
  expect(received).toHaveLength(1);
});

test("a target that another version has is left to it for a day, then given up", async () => {
  const shared = createSurroundings();
  await createProcess([team("http://127.0.0.1:1/", "other")], shared).tell();
  const here = createProcess([team("http://127.0.0.1:1/")], shared);
  here.start();
  await here.pass(23 * hour);
  expect(here.state("other")).toEqual(["pending"]);
  await here.pass(2 * hour);
  expect(here.state("other")).toEqual(["given up"]);
  expect(here.lines).toEqual([expect.objectContaining({ target: "other", error: "there is no target of this name" })]);
});

test("fields that another version wrote stay", async () => {
  const shared = createSurroundings();
  const { url, received } = await listen();
  await createProcess([team(url)], shared).tell();
  const key = "batch/.jobs/notices/sweep.json";
  shared.bucket.objects.set(key, shared.bucket.objects.get(key)!.replace('"job":', '"later":{"a":1},"job":'));
  const here = createProcess([team(url)], shared);
  here.start();
  await here.pass(second);
  expect(JSON.parse(received[0]!.body)).toMatchObject({ later: { a: 1 } });
  expect(here.entries()[0]!.message).toMatchObject({ later: { a: 1 } });
});

test("a bucket that is away holds deliveries up, and loses none", async () => {
  const shared = createSurroundings();
  const { url, received } = await listen();
  const here = createProcess([team(url)], shared);
  here.start();
  await here.tell();
  await here.pass(second);
  let away = true;
  shared.bucket.before = () => {
    if (away) throw new Error("S3 is away");
  };
  await expect(here.tell({ id: "second" })).rejects.toThrow("S3 is away");
  await here.pass(10 * minute);
  away = false;
  await here.tell({ id: "second" });
  await here.pass(minute);
  expect(received).toHaveLength(2);
  expect(here.state("team")).toEqual(["sent", "sent"]);
});

test("a bucket that goes away while a message is sent does not make it sent twice", async () => {
  const shared = createSurroundings();
  let away = false;
  shared.bucket.before = () => {
    if (away) throw new Error("S3 is away");
  };
  const { url, received } = await listen((_, response) => {
    away = true;
    response.end();
  });
  const here = createProcess([team(url)], shared);
  here.start();
  await here.tell();
  await until(() => here.outcomes.length === 1);
  await here.pass(10 * minute);
  expect(here.state("team")).toEqual(["pending"]);
  away = false;
  await here.pass(minute);
  expect(here.state("team")).toEqual(["sent"]);
  expect(received).toHaveLength(1);
});

test("the newest 50 messages of a Job are kept", async () => {
  const here = createProcess([team("http://127.0.0.1:1/")]);
  for (let i = 0; i < 52; i++) await here.tell({ id: `end ${i}` });
  expect(here.entries().map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, i) => `end ${i + 2}`));
  expect(here.outcomes).toEqual(["team given_up", "team given_up"]);
  expect(here.lines[0]).toMatchObject({ error: "newer notifications of the Job took its place" });
});

test("an outbox that is none counts as absent, and is told", async () => {
  const shared = createSurroundings();
  const said: string[] = [];
  shared.bucket.open((text) => said.push(text));
  shared.bucket.objects.set("batch/.jobs/notices/sweep.json", '{"entries":[{"id":1}]}');
  const here = createProcess([team("http://127.0.0.1:1/")], shared);
  await here.tell();
  expect(here.entries()).toHaveLength(1);
  expect(said).toEqual([expect.stringContaining("batch/.jobs/notices/sweep.json in the bucket is not what this program writes there")]);
});
