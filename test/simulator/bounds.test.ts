import { boundsOf, simulate } from "../../simulator";
import { billedBound } from "../../simulator/bounds/billed";
import { dual } from "../../simulator/bounds/weights";
import { policyNames } from "../../simulator/policies";
import { randomFrom } from "../../simulator/traces/random";
import { anyTrace, trace } from "./samples";

test("no policy is below the bounds, on any trace", () => {
  let compared = 0;
  for (let seed = 1; seed <= 25; seed++) {
    const any = anyTrace(randomFrom(seed), seed);
    for (const policy of policyNames) {
      const outcome = simulate(any, policy);
      if (!outcome.finished) continue;
      const { tasks, starts, cluster, bill, makespan } = outcome;
      const models = [...cluster.models.values()];
      // Tighter than what is reported: no task may start later than it did, though its node was ordered late.
      const hours = billedBound(any, tasks, models, starts, () => 1);
      const cost = billedBound(any, tasks, models, starts, ({ pool }) => pool.price);
      const found = { seed, policy, makespan, hours: bill.hours + 1e-6, cost: bill.cost + 1e-6 };
      expect([found, makespan >= boundsOf(any, outcome).makespan]).toEqual([found, true]);
      expect([found, hours, found.hours >= hours]).toEqual([found, hours, true]);
      expect([found, cost, found.cost >= cost]).toEqual([found, cost, true]);
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(45);
}, 120_000);

test("are exact where the best schedule is plain", () => {
  const plain = trace();
  expect(boundsOf(plain, simulate(plain, "ours"))).toEqual({ makespan: 160, hours: 4, cost: 4 });
});

test("count the rounds that a pool's maximum forces", () => {
  const narrow = trace({ pools: [{ name: "compute", flavor: "c2-15", maxNodes: 2, bootSeconds: 100 }] });
  expect(boundsOf(narrow, simulate(narrow, "ours")).makespan).toBeCloseTo(100 + 2 * 60, 1);
});

test("count the time that a quota costs", () => {
  const limited = trace({ faults: [{ fault: "quota", nodes: 1, untilSeconds: 3600 }] });
  expect(boundsOf(limited, simulate(limited, "ours")).makespan).toBeCloseTo(100 + 4 * 60, 1);
});

test("know that nodes hold whole pods", () => {
  // 3 pods of 1 CPU fit on a node with 3.83, so 12 need 4 nodes and not 3.2.
  const pods = trace({ jobs: [{ name: "job", tasks: 12, duration: 600, cpu: "1" }] });
  expect(boundsOf(pods, simulate(pods, "ours")).hours).toBe(4);
});

test("dual feasible functions keep what fits on a node at 1 or less", () => {
  const random = randomFrom(11);
  for (let round = 0; round < 2000; round++) {
    const shares: number[] = [];
    for (let left = 1; ;) {
      const share = random() * 0.6;
      if (share > left) break;
      shares.push(share);
      left -= share;
    }
    for (let k = 0; k < 12; k++) expect(shares.reduce((sum, share) => sum + dual(k, share), 0)).toBeLessThanOrEqual(1 + 1e-9);
  }
});
