import { marginOf } from "../../batch/jobs/window";
import { decideParallelism, type JobFacts } from "../../controller/parallelism";

/** A Job of 10,000 tasks at its launch, of which four fit on a node. */
const job = (rest: Partial<JobFacts> = {}): JobFacts => ({
  ...{ uid: "a", pool: "compute", limit: 10_000, parallelism: 20, left: 10_000, bound: 0, retrying: 0, perNode: 4 },
  ...rest,
});

const changeTo = (rest: Partial<JobFacts>, nodes: number | undefined): number | undefined =>
  decideParallelism([job(rest)], () => nodes).get("a");

/** The parallelism for so many pods that can run. */
const wide = (room: number): number => room + marginOf(room);

describe("the parallelism of a Job", () => {
  test.each<[string, Partial<JobFacts>, number | undefined, number | undefined]>([
    ["stays small while no node is ordered", {}, 0, undefined],
    ["is what the nodes can run as soon as they are ordered", {}, 100, wide(400)],
    ["counts the pods that run already", { parallelism: 44, bound: 20 }, 100, wide(400)],
    ["stays when it is right", { parallelism: wide(400), bound: 400 }, 100, undefined],
    ["stays when it is nearly right", { parallelism: wide(400) + 10, bound: 396 }, 99, undefined],
    ["grows once half of the margin has gone", { parallelism: 420, bound: 400 }, 100, wide(400)],
    ["falls when nodes go", { parallelism: wide(400), bound: 40 }, 10, wide(40)],
    ["never falls below the pods that have a node", { parallelism: wide(400), bound: 400 }, 10, undefined],
    ["never falls below them for the user's sake either", { parallelism: wide(400), bound: 300, limit: 100 }, 100, 300],
    ["falls to what the user allows", { parallelism: wide(400), bound: 50, limit: 100 }, 100, 100],
    ["does not exceed what the user allows", { limit: 50 }, 100, 50],
    ["does not exceed the tasks that are left", { left: 30 }, 100, 30],
    ["is not written when fewer tasks are left anyway", { parallelism: 440, left: 30, bound: 30 }, 8, undefined],
    ["has room for tasks that start together", { minAvailable: 300 }, 10, 300],
    ["grows to them however near it is to what can run", { minAvailable: 300, parallelism: 64 }, 10, 300],
    ["has room for tasks that Kubernetes will try again later, and counts as if they had pods", { retrying: 50 }, 100, wide(400) + 50],
    ["is that of as many pods as kubelets run at most where the size of nodes is not known", { perNode: undefined }, 10, wide(1_100)],
    ["is a default where very many nodes of an unknown size are ordered", { perNode: undefined }, 90, wide(5_000)],
    ["is a default where the pool is not known", {}, undefined, wide(5_000)],
  ])("%s", (_what, rest, nodes, expected) => {
    expect(changeTo(rest, nodes)).toBe(expected);
  });

  test("settles: what was decided is not decided anew", () => {
    for (const nodes of [0, 1, 7, 100])
      for (const bound of [0, 3, 4 * nodes])
        for (const retrying of [0, 40]) {
          const parallelism = changeTo({ bound, retrying, parallelism: 1 }, nodes)!;
          expect(parallelism).toBeGreaterThan(1);
          expect(changeTo({ bound, retrying, parallelism }, nodes)).toBeUndefined();
        }
  });
});

describe("Jobs of the same pool", () => {
  const several = (facts: readonly Partial<JobFacts>[], nodes: number): number[] => {
    const jobs = facts.map((rest, i) => job({ uid: String(i), ...rest }));
    const found = decideParallelism(jobs, () => nodes);
    return jobs.map(({ uid, parallelism }) => found.get(uid) ?? parallelism);
  };

  test("share its room, so that their pods together are hardly more than can run", () => {
    expect(several([{}, {}], 100)).toEqual([wide(200), wide(200)]);
    const many = several(
      Array.from({ length: 50 }, () => ({})),
      100,
    );
    expect(many.reduce((sum, pods) => sum + pods, 0)).toBeLessThan(400 + 50 * marginOf(8) + 50);
  });

  test("get more of it the more they need, and together all of it", () => {
    expect(several([{ left: 100 }, { left: 300 }], 50)).toEqual([wide(50), wide(150)]);
    // Pods of the first are four times as large.
    expect(several([{ left: 100, perNode: 1 }, { left: 400 }], 100)).toEqual([wide(50), wide(200)]);
  });

  test("leave each other what has a node", () => {
    const [, second] = several([{ bound: 360, left: 360, parallelism: wide(360) }, {}], 100);
    expect(second).toBe(wide(40));
  });

  test("do not share with those of other pools", () => {
    const found = decideParallelism([job(), job({ uid: "b", pool: "gpu" })], (pool) => (pool === "gpu" ? 20 : 100));
    expect([...found]).toEqual([
      ["a", wide(400)],
      ["b", wide(80)],
    ]);
  });
});
