import { type Outcome, simulate } from "../../simulator";
import { Cluster } from "../../simulator/cluster/cluster";
import { type PolicyName, policyNames } from "../../simulator/policies";
import { randomFrom } from "../../simulator/traces/random";
import { anyTrace, trace } from "./samples";

/** All of an outcome that can be compared. */
const facts = ({ makespan, bill, waits, requestTimes, podsKilled, samples }: Outcome) => ({
  makespan,
  bill,
  waits: [...waits],
  requestTimes: [...requestTimes],
  podsKilled,
  samples,
});

describe.each(policyNames)("%s", (policy: PolicyName) => {
  test("does the same again for the same trace", () => {
    const any = anyTrace(randomFrom(5), 5);
    expect(facts(simulate(any, policy))).toEqual(facts(simulate(any, policy)));
  });

  test("runs every task once, unless its pod is killed", () => {
    let finished = 0;
    for (let seed = 1; seed <= 15; seed++) {
      const outcome = simulate({ ...anyTrace(randomFrom(seed), seed), faults: [] }, policy);
      const { tasks, starts, ends, podsKilled } = outcome;
      if (outcome.finished) {
        expect(ends.size).toBe(tasks.length);
        finished++;
      }
      for (const [task, end] of ends) expect(end - starts.get(task)!).toBe(task.duration);
      for (const [task, start] of starts) expect(start).toBeGreaterThanOrEqual(task.arrival);
      if (policy === "ours") expect({ seed, podsKilled, finished: outcome.finished }).toEqual({ seed, podsKilled: 0, finished: true });
    }
    expect(finished).toBeGreaterThan(0);
  });

  test("never has more on a node than the node holds", () => {
    let pods = 0;
    let least = Infinity;
    const settled = Reflect.get(Cluster.prototype, "settled");
    // It is asked after every moment at which anything happens.
    const spy = jest.spyOn(Cluster.prototype, "settled").mockImplementation(function (this: Cluster) {
      for (const instance of this.cloud.instances) {
        pods += instance.pods.size;
        least = Math.min(least, ...Object.values(instance.free));
      }
      return settled.call(this);
    });
    simulate(anyTrace(randomFrom(9), 9), policy);
    spy.mockRestore();
    expect(least).toBeGreaterThanOrEqual(0);
    expect(pods).toBeGreaterThan(0);
  });
});

test("ours orders all nodes in one step, and each task starts when its node is there", () => {
  const { makespan, requestTimes, waits, peakNodes, cluster } = simulate(trace(), "ours");
  expect(cluster.statistics.orders).toHaveLength(1);
  expect(Math.max(...requestTimes)).toBeLessThan(1);
  expect(waits.at(-1)).toBeLessThan(102);
  expect(makespan).toBeLessThan(162);
  expect(peakNodes).toBe(4);
});

test("the seed's machine orders one node after the other, and keeps them until the Job is deleted", () => {
  const { cluster, samples } = simulate(trace(), "seed");
  expect(cluster.statistics.orders.map(({ nodes }) => nodes)).toEqual([1, 1, 1, 1]);
  const lastEnd = Math.max(...cluster.statistics.ends.values());
  const firstLess = samples.find((sample, i) => i > 0 && sample.nodes < samples[i - 1]!.nodes)!;
  expect(firstLess.time - lastEnd).toBeGreaterThanOrEqual(600_000);
});

test("cluster-autoscaler looks every 10 s and keeps unneeded nodes for 10 min", () => {
  const { cluster, samples } = simulate(
    trace({ jobs: [{ name: "job", at: 13, tasks: 4, duration: 60, cpu: "3500m" }] }),
    "cluster-autoscaler",
  );
  expect(cluster.statistics.orders[0]!.time - Date.parse("2026-01-05T08:10:00Z")).toBe(20_000);
  const lastEnd = Math.max(...cluster.statistics.ends.values());
  const firstLess = samples.find((sample, i) => i > 0 && sample.nodes < samples[i - 1]!.nodes)!;
  expect(firstLess.time - lastEnd).toBeGreaterThanOrEqual(600_000);
  expect(firstLess.time - lastEnd).toBeLessThan(660_000);
});

test("ours orders no nodes without end where each takes longer than it is waited for", () => {
  const slow = { name: "compute", flavor: "c2-15", maxNodes: 40, bootSeconds: 3600 };
  const outcome = simulate(
    trace({
      pools: [slow],
      jobs: [{ name: "one", duration: 1200 }],
      autoscaler: { nodeBootTimeoutSeconds: 300 },
    }),
    "ours",
  );
  expect({ finished: outcome.finished, peak: outcome.peakNodes, makespan: outcome.makespan }).toEqual({
    finished: true,
    peak: 2,
    makespan: expect.closeTo(4801, 0) as number,
  });
});

test("an order beyond the quota is refused as a whole", () => {
  const limited = trace({ faults: [{ fault: "quota", nodes: 2, untilSeconds: 7200 }] });
  const { cluster } = simulate(limited, "cluster-autoscaler");
  const early = cluster.statistics.samples.filter(({ time }) => time < Date.parse(limited.start) + 7_200_000);
  expect(Math.max(...early.map(({ nodes }) => nodes))).toBe(0);
});
