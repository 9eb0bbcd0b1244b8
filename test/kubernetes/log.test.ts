import { type Cluster, ClusterError } from "../../kubernetes/cluster";
import { connect } from "../../kubernetes/connect";
import { followLog } from "../../kubernetes/log";
import { FakeCluster } from "../batch/fakes/cluster";
import { kubeconfig } from "../batch/fakes/kubeconfig";
import { type Answer, answerWith, serve } from "../batch/fakes/server";

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function setUp(answer: Answer) {
  const server = await serve(answer);
  const cluster = connect(kubeconfig(server.url), { silence: 2_000, patience: 2_000 });
  closing.push(server.close, () => cluster.close());
  return { ...server, cluster };
}

describe("the end of a log", () => {
  test("is read from the kubelet, of at most the bytes that are wanted", async () => {
    const { cluster, received } = await setUp((_, response) => {
      for (let i = 0; i < 1000; i++) response.write(`line ${i}\n`);
      response.end("last");
    });
    expect((await cluster.log("batch", "pod-1", 17)).toString()).toBe("998\nline 999\nlast");
    expect(received).toMatchObject([{ method: "GET", path: "/api/v1/namespaces/batch/pods/pod-1/log" }]);
    expect((await cluster.log("batch", "pod-1", 1e6)).toString()).toMatch(/^line 0\nline 1\n/);
  });

  test("that the API server cannot get is given up at once", async () => {
    const { cluster, received } = await setUp((_, response) =>
      answerWith(response, 500, { message: "dial tcp 10.0.0.9:10250: connect: no route" }),
    );
    await expect(cluster.log("batch", "pod-1", 10)).rejects.toThrow("dial tcp 10.0.0.9:10250: connect: no route");
    expect(received).toHaveLength(1);
  });

  test("is asked for again while the API server itself does not answer", async () => {
    const { cluster, received } = await setUp((_, response, n) => (n === 0 ? response.destroy() : response.end("text")));
    expect((await cluster.log("batch", "pod-1", 10)).toString()).toBe("text");
    expect(received).toHaveLength(2);
  });

  test("that does not come is given up within seconds", async () => {
    const { cluster } = await setUp(() => undefined);
    const start = Date.now();
    await expect(cluster.log("batch", "pod-1", 10)).rejects.toThrow("no answer within 3 s");
    expect(Date.now() - start).toBeLessThan(60_000);
  });
});

describe("following a log", () => {
  const pod = (phase: string) => ({ metadata: { name: "pod-1", namespace: "batch" }, status: { phase } });
  const never = new AbortController().signal;

  async function all(cluster: Cluster, signal = never): Promise<string[]> {
    const lines: string[] = [];
    for await (const line of followLog(cluster, "batch", "pod-1", { signal })) lines.push(line);
    return lines;
  }

  /** A cluster whose log requests are answered by `steps`, in turn; the pod ends before the last of them. */
  function clusterWith(steps: (string[] | ClusterError)[]) {
    const cluster = new FakeCluster();
    const asked: (string | undefined)[] = [];
    cluster.put("pods", pod(steps.length > 1 ? "Running" : "Succeeded"));
    cluster.logLines = async function* (_namespace, _pod, since) {
      asked.push(since);
      const step = steps.shift() ?? [];
      if (steps.length <= 1) cluster.put("pods", pod("Succeeded"));
      for (const line of step instanceof ClusterError ? [] : step) {
        await Promise.resolve();
        yield line;
      }
      if (step instanceof ClusterError) throw step;
    };
    return { cluster, asked };
  }

  test("asks for lines with their times, and yields also the last one, which may have no end", async () => {
    const { cluster, received } = await setUp(({ path }, response) => {
      if (path.endsWith("/log")) response.end("2026-01-01T00:00:01Z é\n2026-01-01T00:00:02Z last");
      else answerWith(response, 200, pod("Failed"));
    });
    expect(await all(cluster)).toEqual(["é", "last"]);
    expect(received[1]).toMatchObject({ path: "/api/v1/namespaces/batch/pods/pod-1/log", query: { follow: "true", timestamps: "true" } });
  });

  test("yields lines without their times, and ends with the pod", async () => {
    const { cluster } = clusterWith([["2026-01-01T00:00:01.1Z a", "2026-01-01T00:00:01.1Z b c", "2026-01-01T00:00:01.2Z "]]);
    expect(await all(cluster)).toEqual(["a", "b c", ""]);
  });

  test("goes on after a broken connection without a line twice", async () => {
    const { cluster, asked } = clusterWith([
      ["2026-01-01T00:00:01.1Z a", "2026-01-01T00:00:01.5Z b"],
      new ClusterError("reset"),
      ["2026-01-01T00:00:01.1Z a", "2026-01-01T00:00:01.5Z b", "2026-01-01T00:00:01.7Z c"],
    ]);
    expect(await all(cluster)).toEqual(["a", "b", "c"]);
    expect(asked).toEqual([undefined, "2026-01-01T00:00:01Z", "2026-01-01T00:00:01Z"]);
  });

  test("is read again after the pod's end: a connection that ended may have ended too early", async () => {
    const { cluster, asked } = clusterWith([["2026-01-01T00:00:01.1Z a"], ["2026-01-01T00:00:01.1Z a", "2026-01-01T00:00:01.7Z b"]]);
    expect(await all(cluster)).toEqual(["a", "b"]);
    expect(asked).toHaveLength(2);
  });

  test("goes on when the kubelet cannot follow: its complaint is no line of the log", async () => {
    const complaint = "failed to create fsnotify watcher: too many open files";
    const { cluster } = clusterWith([
      ["2026-01-01T00:00:01.1Z a", complaint],
      ["2026-01-01T00:00:01.1Z a", "2026-01-01T00:00:02.1Z b", complaint],
      ["2026-01-01T00:00:02.1Z b", "2026-01-01T00:00:03.1Z c", complaint],
    ]);
    expect(await all(cluster)).toEqual(["a", "b", "c"]);
  });

  test("of which the kubelet gives nothing but a complaint is a fault", async () => {
    const { cluster } = clusterWith([["unable to retrieve container logs for containerd://1"]]);
    await expect(all(cluster)).rejects.toThrow("unable to retrieve container logs");
  });

  test("waits for a container that has not started", async () => {
    const { cluster } = clusterWith([
      new ClusterError("container is waiting to start: ContainerCreating", 400),
      ["2026-01-01T00:00:01Z a"],
    ]);
    expect(await all(cluster)).toEqual(["a"]);
  });

  test("of a pod that never ran ends", async () => {
    const { cluster } = clusterWith([new ClusterError("container not found", 400)]);
    expect(await all(cluster)).toEqual([]);
  });

  test("of an ended pod whose node is gone is a fault, at once", async () => {
    const { cluster, asked } = clusterWith([new ClusterError("dial tcp 10.0.0.9:10250: connect: no route", 500)]);
    await expect(all(cluster)).rejects.toThrow("no route");
    expect(asked).toHaveLength(1);
  });

  test("that may not be read is a fault", async () => {
    const { cluster } = clusterWith([new ClusterError("pods/log is forbidden", 403)]);
    await expect(all(cluster)).rejects.toThrow("pods/log is forbidden");
  });

  test("ends when nobody wants it any more", async () => {
    const { cluster } = clusterWith([["2026-01-01T00:00:01Z a"], [], [], []]);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 50);
    expect(await all(cluster, stop.signal)).toEqual(["a"]);
  });
});
