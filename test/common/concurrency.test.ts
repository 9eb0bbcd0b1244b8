import { setImmediate as turn } from "node:timers/promises";
import { Queue } from "../../common/concurrency";

/** Work that ends when it is told to. */
function held() {
  const started: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const work = (name: string) => () => {
    started.push(name);
    return new Promise<void>((resolve, reject) => ends.set(name, (error) => (error ? reject(error) : resolve())));
  };
  const end = async (name: string, error?: Error): Promise<void> => {
    ends.get(name)!(error);
    await turn();
  };
  return { started, work, end };
}

test("runs so many pieces at a time, in their order, and is drained when the last one has ended", async () => {
  const { started, work, end } = held();
  const queue = new Queue(2);
  for (const name of ["a", "b", "c", "d"]) queue.add(work(name));
  expect(started).toEqual(["a", "b"]);
  await end("b");
  expect(started).toEqual(["a", "b", "c"]);
  let drained = false;
  const draining = queue.drain().then(() => (drained = true));
  for (const name of ["a", "c"]) await end(name);
  expect(started).toEqual(["a", "b", "c", "d"]);
  expect(drained).toBe(false);
  await end("d");
  await draining;
  queue.add(work("e"));
  expect(started).toEqual(["a", "b", "c", "d", "e"]);
});

test("goes on after a fault, and throws the first one when it is drained", async () => {
  const { started, work, end } = held();
  const queue = new Queue(1);
  for (const name of ["a", "b", "c"]) queue.add(work(name));
  await end("a", new Error("first"));
  await end("b", new Error("second"));
  expect(started).toEqual(["a", "b", "c"]);
  expect(() => queue.check()).toThrow("first");
  const draining = queue.drain();
  draining.catch(() => undefined);
  await end("c");
  await expect(draining).rejects.toThrow("first");
});

test("is drained at once when nothing runs", async () => {
  await new Queue(1).drain();
});
