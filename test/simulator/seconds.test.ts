import { boundsOf, simulate } from "../../simulator";
import { layersOf } from "../../simulator/bounds/layers";
import { policyNames } from "../../simulator/policies";
import { randomFrom } from "../../simulator/traces/random";
import { timetablesOf } from "../../simulator/traces/workload";
import { anyTrace, trace } from "./samples";

const second = (rest: Record<string, unknown> = {}) => trace({ billing: "perSecond", ...rest });

test("no policy pays less by the second than its placement's bound, and no placement less than the ideal", () => {
  let compared = 0;
  for (let seed = 1; seed <= 12; seed++) {
    const any = { ...anyTrace(randomFrom(seed), seed), billing: "perSecond" } as const;
    for (const policy of policyNames) {
      const outcome = simulate(any, policy);
      if (!outcome.finished) continue;
      const { hours, cost, placed } = boundsOf(any, outcome);
      const found = { seed, policy, hours, cost, placed, billed: outcome.bill };
      expect([found, placed!.hours <= outcome.bill.hours + 1e-6, placed!.cost <= outcome.bill.cost + 1e-6]).toEqual([found, true, true]);
      expect([found, hours <= placed!.hours + 1e-6, cost <= placed!.cost + 1e-6]).toEqual([found, true, true]);
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(30);
}, 120_000);

test("the bounds by the second count boots and removals", () => {
  // Four nodes, each for a boot of 100 s, a task of 60 s and a removal of 30 s.
  const { hours, placed } = boundsOf(second(), simulate(second(), "ours"));
  expect([hours, placed!.hours].map((one) => one * 3600)).toEqual([expect.closeTo(4 * 190), expect.closeTo(4 * 190)]);
});

test("between two times of work a node stays or boots again, whichever is cheaper", () => {
  const gapOf = (seconds: number) => {
    const jobs = [{ name: "job", duration: 600, repeat: { times: 2, everySeconds: 600 + seconds } }];
    const one = second({ jobs, autoscaler: { scaleDownDelaySeconds: 300 } });
    return boundsOf(one, simulate(one, "ours")).placed!.hours * 3600;
  };
  // The first task waits for its boot of 100 s, and the next finds its node in a gap that is that much shorter.
  expect(gapOf(160)).toBeCloseTo(130 + 2 * 600 + 60, -1);
  expect(gapOf(1000)).toBeCloseTo(2 * (130 + 600), -1);
});

test("a profile's levels are what choosing for each node and gap anew gives", () => {
  const random = randomFrom(3);
  for (let round = 0; round < 300; round++) {
    const length = 1 + Math.floor(random() * 12);
    const profile = Array.from({ length }, (_, i) => ({ time: i * 10, level: i === length - 1 ? 0 : Math.floor(random() * 5) }));
    const least = Math.floor(random() * 2);
    const longest = 10 * Math.floor(random() * 4);
    let [starts, time] = [0, 0];
    for (let node = least + 1; node <= 5; node++) {
      let end = -Infinity;
      for (const [i, { time: from, level }] of profile.entries()) {
        if (level < node) continue;
        const gap = from - end;
        if (gap > longest) starts++;
        else time += gap;
        end = profile[i + 1]!.time;
        time += end - from;
      }
    }
    expect(layersOf(profile, least, (gap) => gap <= longest)).toEqual({ starts, time });
  }
});

test("Karpenter gathers pods for a second, and lets a tenth of the nodes go at once after 15 s", () => {
  const { cluster, samples } = simulate(
    second({
      jobs: [{ name: "job", tasks: 20, duration: 60, cpu: "3500m" }],
      pools: [{ name: "compute", flavor: "c2-15", maxNodes: 20, bootSeconds: 100 }],
    }),
    "karpenter",
  );
  expect(cluster.statistics.orders.map(({ nodes, time }) => [nodes, time - Date.parse("2026-01-05T08:10:00Z")])).toEqual([[20, 1000]]);
  const lastEnd = Math.max(...cluster.statistics.ends.values());
  const removals = samples.filter(({ nodes }, i) => i > 0 && nodes < samples[i - 1]!.nodes);
  expect(removals[0]!.time - lastEnd).toBeGreaterThanOrEqual(15_000);
  expect(samples.every(({ nodes }, i) => i === 0 || samples[i - 1]!.nodes - nodes <= 2)).toBe(true);
});

test("Karpenter moves the pods of nodes that are not needed, and their tasks start again", () => {
  const jobs = [
    { name: "long", tasks: 8, duration: { uniform: [300, 3000] }, cpu: "1" },
    { name: "short", tasks: 8, duration: 120, cpu: "1" },
  ];
  expect(simulate(second({ jobs }), "karpenter")).toMatchObject({ finished: true, podsKilled: expect.any(Number) as number });
  expect(simulate(second({ jobs }), "karpenter").podsKilled).toBeGreaterThan(0);
});

test("Karpenter kills no batch Job's pod, and keeps an empty node for a minute", () => {
  const jobs = [
    { name: "long", tasks: 8, duration: { uniform: [300, 3000] }, cpu: "1" },
    { name: "short", tasks: 8, duration: 120, cpu: "1" },
  ];
  const { finished, podsKilled, samples, cluster } = simulate(second({ jobs }), "karpenter-batch");
  expect({ finished, podsKilled }).toEqual({ finished: true, podsKilled: 0 });
  const lastEnd = Math.max(...cluster.statistics.ends.values());
  const last = samples.find(({ time, nodes }) => time > lastEnd && nodes === 0)!;
  // 60 s without a change, the next look within 10 s, the validation after 15 s, the removal in 30 s.
  expect(last.time - lastEnd).toBeGreaterThanOrEqual(75_000);
  expect(last.time - lastEnd).toBeLessThanOrEqual(125_000);
});

test("a node is kept for a CronJob that is near", () => {
  const jobs = (scheduled: boolean) => [
    { name: "first", duration: 300 },
    { name: "nightly", at: 500, scheduled, duration: 60 },
  ];
  const nodes = (scheduled: boolean) => {
    const { cluster } = simulate(second({ jobs: jobs(scheduled) }), "ours");
    return [...cluster.cloud.pools.values()].flatMap(({ instances }) => instances).length;
  };
  expect([nodes(false), nodes(true)]).toEqual([2, 1]);
  expect(timetablesOf(second({ jobs: jobs(true) })).map(({ times, pods }) => ({ times, pods }))).toEqual([
    { times: [Date.parse("2026-01-05T08:10:00Z") + 500_000], pods: 1 },
  ]);
});
