import { decide } from "../../../autoscaler/decision/decide";
import { costOfBoot, keptUntil, longestIdle, shortestIdle, trackUses, waitFor } from "../../../autoscaler/scale-down/idle";
import { type Schedule, type Snapshot } from "../../../autoscaler/state/model";
import { emptyHistory, type History } from "../../../autoscaler/state/history";
import { type Rules } from "../../../autoscaler/state/rules";
import { namedRules, node, now, pod, pool, randomFrom, rules, shape, snapshot } from "../build";

const second = 1000;
const minute = 60_000;

describe("how long nodes are kept", () => {
  const cost = 300 * second;
  const gaps = (...seconds: number[]) => [{ gaps: seconds.map((time) => time * second) }];

  test("is short where work has not come again", () => {
    expect(waitFor(gaps(), cost)).toBe(shortestIdle);
  });

  test("is as long as work took to come again, and a little longer, where that is less than a boot costs", () => {
    expect(waitFor(gaps(100), cost)).toBe(125 * second);
    expect(waitFor(gaps(90, 110, 100), cost)).toBe(137.5 * second);
  });

  test("is never longer than a boot costs", () => {
    expect(waitFor(gaps(200, 230, 210, 240, 220, 220), cost)).toBe(cost);
  });

  test("is short where work comes later than that, or where one gap alone was hardly shorter", () => {
    expect(waitFor(gaps(400, 500, 600), cost)).toBe(shortestIdle);
    expect(waitFor(gaps(280), cost)).toBe(shortestIdle);
  });

  test("goes by the latest gaps more than by older ones", () => {
    expect(waitFor(gaps(60, 60, 60, 60, 60, 60, 60, 3000, 3000, 3000), cost)).toBeLessThan(80 * second);
    expect(waitFor(gaps(60, 3000, 3000, 3000, 3000, 3000, 3000, 3000, 3000), cost)).toBe(shortestIdle);
  });

  test("costs no more than twice what the best choice for a gap would, on average over gaps like those that were seen", () => {
    const random = randomFrom(7);
    for (let round = 0; round < 200; round++) {
      const mean = 20 + 1000 * random();
      const drawn = Array.from({ length: 10 }, () => -Math.log(1 - random()) * mean * second);
      const wait = waitFor([{ gaps: drawn }], cost);
      const paid = drawn.reduce((sum, gap) => sum + (gap <= wait ? gap : wait + cost), 0);
      const best = drawn.reduce((sum, gap) => sum + Math.min(gap, cost), 0);
      expect([mean, paid <= 2 * best + 10 * shortestIdle]).toEqual([mean, true]);
      expect(wait).toBeLessThanOrEqual(cost);
    }
  });

  test("counts a boot with a part for the user who waits, up to half an hour", () => {
    expect(costOfBoot(240 * second)).toBe(300 * second);
    expect(costOfBoot(3600 * second)).toBe(longestIdle);
  });
});

test("the use of a pool is followed by the number of nodes, whichever they are", () => {
  let uses = trackUses(undefined, 2, 3, now);
  expect(uses).toEqual([{ gaps: [] }, { gaps: [] }, { gaps: [], idleSince: now }]);
  uses = trackUses(uses, 1, 3, now + 10);
  expect(trackUses(uses, 1, 3, now + 20)).toBe(uses);
  uses = trackUses(uses, 3, 3, now + 50);
  expect(uses).toEqual([{ gaps: [] }, { gaps: [40] }, { gaps: [50] }]);
  for (let i = 0; i < 40; i++) uses = trackUses(uses, i % 2, 3, now + 100 + i);
  expect(uses[0]!.gaps).toEqual(Array(10).fill(1));
});

const auto: Rules = { ...namedRules, scaleDownDelay: "auto", usualBoot: 240 * second };
const whole: Rules = { ...rules, scaleDownDelay: "auto", usualBoot: 240 * second };

/** Decides at each of the times (milliseconds after `now`), with a node that works at those that say so. */
function story(given: Rules, steps: readonly (readonly [at: number, works: boolean])[], more: Partial<Snapshot> = {}) {
  let history: History = emptyHistory;
  const told: string[] = [];
  let wakeAt: number | undefined;
  for (const [at, works] of steps) {
    const input = {
      now: now + at,
      nodes: [node("a")],
      pools: [pool({ desired: 1 })],
      pods: works ? [pod(1000, { node: "a" })] : [],
      ...more,
    };
    const decision = decide(snapshot(input), history, given);
    ({ history, wakeAt } = decision);
    told.push(decision.actions.map((action) => `${action.type}: ${action.reason}`).join());
  }
  return { told, wakeAt, history };
}

test("costs no more than a boot for a Job that can make no pods, whatever the flavor takes to boot", () => {
  const uses = [{ gaps: [], idleSince: now }];
  for (const cost of [2, 40, 300, 1500, 1800].map((seconds) => seconds * second))
    for (const scheduled of [0, 1]) {
      const { wait } = keptUntil({ uses, inUse: 0, cost, scheduled, needed: 1 }, 0);
      expect(wait).toBeLessThanOrEqual(Math.max(shortestIdle, (scheduled ? 2 : 1) * cost));
      expect(wait).toBeLessThanOrEqual(longestIdle);
    }
});

describe.each([
  ["by name", auto],
  ["as a whole", whole],
])("an idle pool %s", (_name, given) => {
  test("goes soon where nothing is known of its work", () => {
    const { told, wakeAt } = story(given, [
      [0, true],
      [minute, false],
    ]);
    expect(told).toEqual(["", ""]);
    expect(wakeAt).toBe(now + minute + shortestIdle);
    const steps = [
      [0, true],
      [minute, false],
      [minute + shortestIdle, false],
    ] as const;
    expect(story(given, steps).told.at(-1)).toBe(
      "cordon: idle nodes are kept for 10 s, where a boot costs 300 s: work has not come again yet",
    );
  });

  test("is kept for as long as it lately took until work came again", () => {
    const { told } = story(given, [
      [0, true],
      [minute, false],
      [3 * minute, true],
      [4 * minute, false],
      [6 * minute, false],
      [6.5 * minute, false],
    ]);
    expect(told).toEqual([
      "",
      "",
      "",
      "",
      "",
      "cordon: idle nodes are kept for 150 s, where a boot costs 300 s: by the time that passed lately until work came again",
    ]);
  });

  test("is kept for a CronJob that starts before a node could boot, but for no later one", () => {
    const cronJob = (next: number): Schedule => ({ next: now + next, shape: shape(1000), pods: 1 });
    const steps = [
      [0, true],
      [minute, false],
      [3 * minute, false],
    ] as const;
    expect(story(given, steps, { schedules: [cronJob(6 * minute)] }).told.at(-1)).toBe("");
    expect(story(given, steps, { schedules: [cronJob(30 * minute)] }).told.at(-1)).toContain("cordon");
    const elsewhere = { ...cronJob(6 * minute), shape: shape(1000, { nodeSelector: { nodepool: "other" } }) };
    expect(story(given, steps, { schedules: [elsewhere] }).told.at(-1)).toContain("cordon");
  });

  test("is kept for a CronJob also where it has been kept for something else before, but not for one that makes no pods each time", () => {
    const cronJob = (next: number): Schedule => ({ next: now + next, shape: shape(1000), pods: 1 });
    const job = { uid: "job", left: 3, parallelism: 2, shape: shape(1000) };
    const begin = [
      [0, true],
      [minute, false],
    ] as const;
    const later = (at: number, more: Partial<Snapshot>): string => {
      const { history } = story(given, begin, { jobs: [job] });
      const input = { now: now + at, nodes: [node("a")], pools: [pool({ desired: 1 })], ...more };
      return decide(snapshot(input), history, given)
        .actions.map(({ type, reason }) => `${type}: ${reason}`)
        .join();
    };
    expect(later(7 * minute, { schedules: [cronJob(8 * minute)] })).toBe("");
    expect(later(11 * minute, { schedules: [cronJob(12 * minute)] })).toBe(
      "cordon: idle nodes are kept for 600 s, where a boot costs 300 s: a CronJob starts before a node could boot",
    );
  });

  test("is kept for a Job that has tasks left and no pods for them, but no longer than a boot costs", () => {
    const job = { uid: "job", left: 3, parallelism: 2, shape: shape(1000) };
    const steps = (last: number) =>
      [
        [0, true],
        [minute, false],
        [last, false],
      ] as const;
    expect(story(given, steps(5 * minute), { jobs: [job] }).told.at(-1)).toBe("");
    expect(story(given, steps(5 * minute), { jobs: [{ ...job, suspended: true }] }).told.at(-1)).toContain("cordon");
    expect(story(given, steps(5 * minute), { jobs: [{ ...job, left: 0 }] }).told.at(-1)).toContain("cordon");
    // A quota or an admission webhook may refuse the Job's pods.
    const { history, wakeAt } = story(given, steps(6 * minute - second), { jobs: [job] });
    expect(wakeAt).toBe(now + 6 * minute);
    const after = decide(
      snapshot({ now: now + 6 * minute, nodes: [node("a")], pools: [pool({ desired: 1 })], jobs: [job] }),
      history,
      given,
    );
    expect(after.actions).toMatchObject([
      { type: "cordon", reason: "idle nodes are kept for 300 s, where a boot costs 300 s: Jobs have tasks left" },
    ]);
  });
});

test.each([
  ["a Job's tasks", { jobs: [{ uid: "job", left: 1, parallelism: 1, shape: shape(1000) }] }],
  ["a CronJob", { schedules: [{ next: now + 5 * minute, shape: shape(1000), pods: 1 }] }],
])("nodes that are kept for %s are looked at soon again: these may go without a change of a pod or node", (_what, more) => {
  const steps = [
    [0, true],
    [minute, false],
  ] as const;
  const { history, wakeAt } = story(auto, steps, more);
  expect(wakeAt).toBeLessThanOrEqual(now + minute + 5 * second);
  const ended = snapshot({ now: now + minute + shortestIdle, nodes: [node("a")], pools: [pool({ desired: 1 })] });
  expect(decide(ended, history, auto).actions).toMatchObject([{ type: "cordon" }]);
  // With no idle node there is nothing to look at, nor with one that stays anyway.
  expect(story(auto, [[0, true]], more).wakeAt).toBeUndefined();
  expect(story(auto, steps, { ...more, pools: [pool({ desired: 1, min: 1 })] }).wakeAt).toBeUndefined();
});

test("what is told of a pool that goes as a whole is how long all of its nodes are kept together", () => {
  const nodes = [node("a"), node("b")];
  const input = (at: number, ...busy: string[]): Snapshot =>
    snapshot({ now: now + at, nodes, pools: [pool({ desired: 2 })], pods: busy.map((name) => pod(1000, { node: name })) });
  let history: History = emptyHistory;
  // One node had work again after two minutes: for that, it would be kept alone, but not both of them.
  for (const [at, ...busy] of [[0, "a", "b"], [1], [3, "a"], [4]] as const)
    ({ history } = decide(input(at * minute, ...busy), history, whole));
  const { pools, wakeAt } = decide(input(4 * minute + second), history, whole);
  expect([pools[0]!.kept!.wait, wakeAt]).toEqual([shortestIdle, now + 4 * minute + shortestIdle]);
});

test("the longest idle nodes go first, as many as the pool lately had no work for", () => {
  const nodes = [node("a"), node("b"), node("c")];
  const input = (at: number, ...busy: string[]): Snapshot =>
    snapshot({ now: now + at, nodes, pools: [pool({ desired: 3 })], pods: busy.map((name) => pod(1000, { node: name })) });
  let { history } = decide(input(0, "a", "b", "c"), emptyHistory, auto);
  // Two nodes have work again after a minute each time; the third only once.
  for (let i = 1; i < 8; i++) ({ history } = decide(input(i * minute, ...(i % 2 ? ["a"] : ["a", "b"])), history, auto));
  const found = decide(input(7 * minute + 15 * second, "a"), history, auto);
  expect(found.actions).toMatchObject([
    { type: "cordon", node: "c", reason: "idle nodes are kept for 10 s, where a boot costs 300 s: work has not come again yet" },
    { type: "taint", node: "b" },
  ]);
  expect(found.pools[0]!.kept).toMatchObject({ why: "gaps", wait: 75 * second });
});

test("a drain that a restart interrupts goes on", () => {
  const drained = node("a", { cordoned: true, drainingSince: now - 3 * second });
  const { actions } = decide(snapshot({ nodes: [drained], pools: [pool({ desired: 1 })] }), emptyHistory, auto);
  expect(actions).toMatchObject([{ type: "remove" }]);
});

test("boots that were seen decide on the cost, for each flavor", () => {
  const history = { ...emptyHistory, boots: new Map([["c2-15", { count: 5, mean: 80 * second, deviation: 0 }]]) };
  const busy = snapshot({ nodes: [node("a")], pools: [pool({ desired: 1 })], pods: [pod(1000, { node: "a" })] });
  const { history: next } = decide(busy, history, auto);
  const later = (at: number) => snapshot({ now: now + at, nodes: [node("a")], pools: [pool({ desired: 1 })] });
  const idle = decide(later(minute), next, auto);
  expect(decide(later(2 * minute), idle.history, auto).actions).toMatchObject([
    { reason: "idle nodes are kept for 10 s, where a boot costs 100 s: work has not come again yet" },
  ]);
});
