import { type Follower } from "../../../../kubernetes/follow";
import type { KubeObject } from "../../../../local/cluster/api/kube-api";
import { NodeWatch } from "../../../../local/cluster/nodes/node-watch";
import { deletePodsOf } from "../../../../local/cluster/nodes/pods";

type Feed = Follower<KubeObject>;

const node = (name: string, ready: boolean, taints: { key: string }[] = []): KubeObject =>
  ({
    metadata: { name },
    spec: { taints },
    status: { conditions: [{ type: "Ready", status: ready ? "True" : "False", message: "container runtime network not ready" }] },
  }) as KubeObject;

describe("watching nodes", () => {
  const abort = new AbortController();
  const open = (onMissing: (name: string) => void = () => undefined): { watch: NodeWatch; feed: Feed } => {
    let feed: Feed | undefined;
    const api = {
      follow: <T extends KubeObject>(_path: string, follower: Follower<T>) => {
        feed = follower;
        return new Promise<void>(() => undefined);
      },
    };
    const watch = new NodeWatch(api, onMissing, abort.signal);
    return { watch, feed: feed! };
  };

  test("a node is ready once it says so and the taint of its boot is gone", async () => {
    const { watch, feed } = open();
    let ready = false;
    const waiting = watch.waitReady("a", 5_000, abort.signal).then((fault) => {
      ready = true;
      return fault;
    });
    feed.replace([node("a", false)], "1");
    feed.set(node("a", true, [{ key: "node.kubernetes.io/not-ready" }]));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(ready).toBe(false);
    feed.set(node("a", true, [{ key: "only-batch" }]));
    await expect(waiting).resolves.toBeUndefined();
  });

  test("one that is not ready in time answers what it said last; an abort ends the waiting", async () => {
    const { watch, feed } = open();
    feed.replace([node("a", false)], "1");
    await expect(watch.waitReady("a", 30, abort.signal)).resolves.toBe("container runtime network not ready");
    await expect(watch.waitReady("b", 30, abort.signal)).resolves.toBe("it has no Node object");
    await expect(watch.waitReady("a", 5_000, AbortSignal.abort(new Error("removed")))).rejects.toThrow("removed");
  });

  test("a node that vanishes is told, also when that happened while the watch was broken", () => {
    const missing: string[] = [];
    const { feed } = open((name) => missing.push(name));
    feed.replace([node("a", true), node("b", true), node("c", true)], "1");
    feed.remove(node("b", true));
    feed.replace([node("c", true)], "1");
    expect(missing).toEqual(["b", "a"]);
  });
});

test("pods of a node that is gone are marked as disrupted where they still ran, and deleted at once", async () => {
  const calls: string[] = [];
  const pod = (name: string, phase: string) => ({ metadata: { name, namespace: "batch" }, status: { phase } });
  const api = {
    get: <T>(path: string) => {
      calls.push(`get ${path}`);
      return Promise.resolve({ items: [pod("a", "Running"), pod("b", "Succeeded")] } as T);
    },
    strategicPatch: (path: string, body: unknown) => {
      const { status } = body as { status: { phase: string; conditions: { type: string; reason: string }[] } };
      calls.push(`patch ${path} ${status.phase} ${status.conditions[0]?.type}/${status.conditions[0]?.reason}`);
      return Promise.resolve();
    },
    delete: (path: string, options?: { gracePeriodSeconds?: number }) => {
      calls.push(`delete ${path} ${options?.gracePeriodSeconds}`);
      return Promise.resolve();
    },
  };
  await deletePodsOf(api, "node-1");
  expect(calls).toEqual([
    "get /api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1",
    "patch /api/v1/namespaces/batch/pods/a/status Failed DisruptionTarget/DeletionByPodGC",
    "delete /api/v1/namespaces/batch/pods/b 0",
    "delete /api/v1/namespaces/batch/pods/a 0",
  ]);
});
