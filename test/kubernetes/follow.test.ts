import { type Cluster, ClusterError, type Job, type WatchEvent } from "../../kubernetes/cluster";
import { follow } from "../../kubernetes/follow";

const job = (name: string, resourceVersion = "1"): Job => ({ metadata: { name, resourceVersion }, spec: {} });
type Step = { list: string[] | ClusterError } | { watch: (WatchEvent<Job> | ClusterError)[] };

/** Follows a cluster that answers with `steps`, one for each call; stops when there are no more. */
async function followThrough(steps: Step[]) {
  const stop = new AbortController();
  const log: string[] = [];
  const next = <K extends string>(kind: K) => {
    const step = steps.shift();
    if (!step) stop.abort();
    else if (!(kind in step)) throw new Error(`the follower ${kind}s, and should not`);
    return step as Extract<Step, Record<K, unknown>> | undefined;
  };
  const cluster: Pick<Cluster, "list" | "watch"> = {
    async list(_kind, _namespace, _selector, pick) {
      const step = next("list");
      log.push("list");
      if (step?.list instanceof ClusterError) throw step.list;
      const items = (step?.list ?? []).flatMap((name) => pick(job(name) as never) ?? []);
      return Promise.resolve({ items, version: "100" });
    },
    async *watch(_kind, _namespace, _selector, version) {
      const step = next("watch");
      log.push(`watch from ${version}`);
      for (const event of step?.watch ?? []) {
        await Promise.resolve();
        if (event instanceof ClusterError) throw event;
        yield event;
      }
    },
  };
  const done = follow(
    {
      cluster: cluster as Cluster,
      kind: "jobs",
      namespace: "batch",
      selector: {},
      pick: ({ metadata }: Job) => (metadata.name === "ignored" ? undefined : metadata.name),
      signal: stop.signal,
    },
    {
      replace: (names) => log.push(`all: ${names.join()}`),
      set: (name) => log.push(`set ${name}`),
      remove: (name) => log.push(`removed ${name}`),
      away: (error) => log.push(error ? `away: ${error.message}` : "back"),
    },
  );
  await done;
  return log.slice(0, -1); // the call that had no answer left
}

const event = (type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK", name: string, version: string): WatchEvent<Job> => ({
  type,
  object: job(name, version),
});

test("lists, then passes changes on, of objects that are picked", async () => {
  const watch = [event("ADDED", "b", "101"), event("MODIFIED", "ignored", "102"), event("DELETED", "a", "103")];
  expect(await followThrough([{ list: ["a", "ignored"] }, { watch }])).toEqual(["list", "all: a", "watch from 100", "set b", "removed a"]);
});

test("goes on where a watch ended, bookmarks included", async () => {
  const log = await followThrough([{ list: [] }, { watch: [event("ADDED", "a", "101"), event("BOOKMARK", "", "150")] }, { watch: [] }]);
  expect(log).toEqual(["list", "all: ", "watch from 100", "set a", "watch from 150"]);
});

test("pauses when the server ends each watch at once", async () => {
  const start = Date.now();
  await followThrough([{ list: [] }, { watch: [] }, { watch: [] }, { watch: [event("BOOKMARK", "", "150")] }, { watch: [] }]);
  expect(Date.now() - start).toBeGreaterThan(900);
});

test("lists again when a watch has expired", async () => {
  expect(await followThrough([{ list: ["a"] }, { watch: [{ type: "EXPIRED" }] }, { list: ["b"] }])).toEqual([
    "list",
    "all: a",
    "watch from 100",
    "list",
    "all: b",
  ]);
});

test("tells that the API server is away, and when it is back, and misses nothing", async () => {
  const lost = new ClusterError("connection reset");
  const log = await followThrough([{ list: [] }, { watch: [event("ADDED", "a", "101"), lost] }, { watch: [event("ADDED", "b", "102")] }]);
  expect(log).toEqual(["list", "all: ", "watch from 100", "set a", "away: connection reset", "watch from 101", "back", "set b"]);
});

test("asks again when the first list gets no answer", async () => {
  const log = await followThrough([{ list: new ClusterError("busy", 503) }, { list: ["a"] }]);
  expect(log).toEqual(["list", "away: busy", "list", "back", "all: a"]);
});

test("lists again for a watch that is refused as expired", async () => {
  const log = await followThrough([{ list: [] }, { watch: [new ClusterError("too old", 410)] }, { list: ["a"] }]);
  expect(log.slice(3)).toEqual(["away: too old", "list", "back", "all: a"]);
});

test("ends with a refusal that no wait heals", async () => {
  await expect(followThrough([{ list: new ClusterError("forbidden", 403) }])).rejects.toThrow("forbidden");
});

test("gives an API server up that is away for too long", async () => {
  const now = jest.spyOn(Date, "now");
  now
    .mockReturnValueOnce(0)
    .mockReturnValueOnce(0)
    .mockReturnValue(16 * 60_000);
  const lost = new ClusterError("no route to host");
  await expect(followThrough([{ list: lost }, { list: lost }, { list: [] }])).rejects.toThrow("no route to host");
  now.mockRestore();
});
