import { ClusterError } from "../../../../kubernetes/cluster";
import { type EndedPod, LogKeeper } from "../../../../batch/records/logs/keeper";
import { FakeCluster } from "../../fakes/cluster";
import { FakeStore } from "../../fakes/store";

function setUp(log: (pod: string) => string | Error = (pod) => `log of ${pod}`) {
  const cluster = new FakeCluster();
  const store = new FakeStore();
  const asked: string[] = [];
  let [reading, most, now] = [0, 0, 0];
  cluster.log = async (_namespace, pod) => {
    asked.push(pod);
    most = Math.max(most, ++reading);
    await new Promise((resolve) => setImmediate(resolve));
    reading--;
    const text = log(pod);
    if (text instanceof Error) throw text;
    return Buffer.from(text);
  };
  const keeper = new LogKeeper(cluster, store, { namespace: "batch", resultsPrefix: "batch/a/" }, () => now);
  const keep = (name: string, more: Partial<EndedPod> = {}) => keeper.keep({ name, node: "n1", failed: false, ...more }, "f1");
  return { store, asked, keep, keeper, most: () => most, later: (ms: number) => (now += ms) };
}

const gone = new ClusterError("no route to host (500)", 500);

test("a log is kept in the bucket, and the record has its key", async () => {
  const { keep, store } = setUp();
  expect(await keep("pod-1")).toEqual({ logKey: "batch/a/logs/f1/pod-1.log" });
  expect(store.objects.get("batch/a/logs/f1/pod-1.log")).toBe("log of pod-1");
});

test("a failed attempt's record has the last lines, too", async () => {
  const lines = Array.from({ length: 100 }, (_, i) => `line ${i}`);
  const { keep } = setUp(() => `${lines.join("\n")}\n`);
  expect((await keep("pod-1", { failed: true })).log).toBe(`${lines.slice(-40).join("\n")}\n`);
  const { keep: keepLong } = setUp(() => `${"x".repeat(20_000)}\nlast`);
  expect((await keepLong("pod-1", { failed: true })).log).toBe("last");
  const { keep: keepOne } = setUp(() => "x".repeat(20_000));
  expect((await keepOne("pod-1", { failed: true })).log).toBe("x".repeat(16 * 1024));
});

test("a log that cannot be read or written is told, and is no fault", async () => {
  const { keep, store } = setUp((pod) => (pod === "a" ? gone : "text"));
  expect(await keep("a")).toEqual({ log: "(the log could not be kept: no route to host (500))" });
  store.before = () => {
    throw new Error("SlowDown");
  };
  expect(await keep("b", { node: "n2" })).toEqual({ log: "(the log could not be kept: SlowDown)" });
});

test("few logs are read at a time", async () => {
  const { keep, most } = setUp();
  await Promise.all(Array.from({ length: 100 }, (_, i) => keep(`pod-${i}`)));
  expect(most()).toBe(8);
});

test("a node that gives no log is not asked for every one of its pods, but again after a while", async () => {
  const { keep, asked, later } = setUp((pod) => (pod.startsWith("bad") ? gone : "text"));
  await keep("bad-1", { node: "lost" });
  expect(await keep("bad-2", { node: "lost" })).toEqual({ log: "(the log could not be kept: the node lost does not give its logs)" });
  expect(await keep("good")).toHaveProperty("logKey");
  later(60_001);
  await keep("bad-3", { node: "lost" });
  expect(asked).toEqual(["bad-1", "good", "bad-3"]);
});

test("a pod that is gone, or never ran, says nothing of its node", async () => {
  const { keep, asked } = setUp((pod) =>
    pod === "a" ? new ClusterError("not found", 404) : pod === "b" ? new ClusterError("waiting", 400) : "text",
  );
  await keep("a");
  await keep("b");
  expect(await keep("c")).toHaveProperty("logKey");
  expect(asked).toEqual(["a", "b", "c"]);
});

test("where no node gives a log, thousands of tasks do not wait for theirs", async () => {
  const { keep, asked } = setUp(() => gone);
  await Promise.all(Array.from({ length: 10_000 }, (_, i) => keep(`pod-${i}`, { node: `n${i % 1000}` })));
  expect(asked.length).toBeLessThan(20);
});

test("where no node gave a log, one pod's is asked for after a while, for which the others do not wait, and all again once one is there", async () => {
  let answer: string | Error = gone;
  const { keep, asked, later } = setUp(() => answer);
  const many = (from: number) => Promise.all(Array.from({ length: 100 }, (_, i) => keep(`pod-${from + i}`, { node: `n${from + i}` })));
  await many(0);
  later(60_001);
  asked.length = 0;
  await many(100);
  expect(asked).toEqual(["pod-100"]);
  answer = "text";
  later(60_001);
  const kept = await many(200);
  expect(asked.slice(1)).toEqual(["pod-200"]);
  expect(kept[0]).toHaveProperty("logKey");
  expect(await keep("pod-300", { node: "n300" })).toHaveProperty("logKey");
});

test("without the right to read logs it is asked once", async () => {
  const { keep, asked, later } = setUp(() => new ClusterError("pods/log is forbidden", 403));
  await keep("a");
  later(1e9);
  expect(await keep("b", { node: "n2" })).toEqual({ log: "(the log could not be kept: pods/log is forbidden)" });
  expect(asked).toEqual(["a"]);
});
