import { Mirror } from "../../../../local/cluster/controllers/mirror";
import { WorkQueue } from "../../../../local/cluster/controllers/work-queue";
import { type KubeObject } from "../../../../local/cluster/api/kube-api";
import { type Follower } from "../../../../kubernetes/follow";
import { waitUntil } from "../../../../local/lib/wait";

test("one key at a time, and once more for what came meanwhile", async () => {
  const running: string[] = [];
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const queue = new WorkQueue(
    async (key) => {
      running.push(key);
      await gate;
    },
    () => undefined,
    new AbortController().signal,
  );
  for (const key of ["a", "a", "a", "b"]) queue.add(key);
  expect(running).toEqual(["a", "b"]);
  open();
  await waitUntil(() => running.length === 3, 5_000);
  await waitUntil(() => running.length > 3, 50);
  expect(running).toEqual(["a", "b", "a"]);
});

test("a failure is told and tried again, until the end", async () => {
  const abort = new AbortController();
  const said: string[] = [];
  let tries = 0;
  const queue = new WorkQueue(
    () => Promise.reject(new Error(`no ${++tries}`)),
    (text) => said.push(text),
    abort.signal,
  );
  queue.add("a");
  await waitUntil(() => tries === 2, 5_000);
  abort.abort();
  await waitUntil(() => tries > 2, 50);
  expect(said).toEqual(["a: no 1", "a: no 2"]);
});

test("a mirror tells what came, changed and went", () => {
  const seen: string[] = [];
  let follower: Follower<KubeObject> | undefined;
  const api = {
    follow: (_path: string, it: unknown) => {
      follower = it as Follower<KubeObject>;
      return Promise.resolve();
    },
  };
  const mirror = new Mirror(api, "/api/v1/services", (key) => seen.push(key), new AbortController().signal);
  const object = (name: string): KubeObject => ({ metadata: { name, namespace: "n" } });
  follower!.replace([object("a"), object("b")], "1");
  follower!.set(object("c"));
  follower!.remove(object("a"));
  follower!.replace([object("c")], "2");
  expect(seen).toEqual(["n/a", "n/b", "n/c", "n/a", "n/b", "n/c"]);
  expect([mirror.get("n/c"), mirror.all().length]).toEqual([object("c"), 1]);
});
