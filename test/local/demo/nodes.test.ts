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
});
