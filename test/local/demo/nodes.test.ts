import { NodeWatch } from "../../../local/demo/nodes";

function watchOf(counts: string[][]): NodeWatch {
  return new NodeWatch(
    () => Promise.resolve(counts.length > 1 ? counts.shift()! : counts[0]!),
    () => undefined,
  );
}

describe("the count of the compute pool's nodes", () => {
  it("remembers the peak and every node that came and went", async () => {
    const watch = watchOf([["a"], ["a", "b"], ["b", "c"], []]);
    await watch.untilEmpty(10_000);
    expect(watch.tally()).toEqual({ peak: 2, final: 0, started: 3, stopped: 3 });
  });

  it("names the nodes that are still there when the time is up", async () => {
    await expect(watchOf([["compute-node-1"]]).untilEmpty(-1)).rejects.toThrow(/still has 1 node .*compute-node-1/);
  });

  it("ends for good when it is stopped in the middle of a count", async () => {
    let answer = (_names: string[]): void => undefined;
    let counts = 0;
    const list = (): Promise<string[]> => new Promise((resolve) => void (counts++, (answer = resolve)));
    const watch = new NodeWatch(list, () => undefined);
    jest.useFakeTimers();
    watch.start();
    await jest.advanceTimersByTimeAsync(0);
    watch.stop();
    answer(["a"]);
    await jest.advanceTimersByTimeAsync(10_000);
    expect([counts, jest.getTimerCount()]).toEqual([1, 0]);
    jest.useRealTimers();
  });
});
