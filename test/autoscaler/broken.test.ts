import { decide } from "../../autoscaler/decision/decide";
import { type Snapshot } from "../../autoscaler/state/model";
import { emptyHistory, type History } from "../../autoscaler/state/history";
import { type Action } from "../../autoscaler/state/action";
import { type Rules } from "../../autoscaler/state/rules";
import { namedRules, node, now, pod, pods, pool, rules, snapshot } from "./build";

class Scaler {
  history: History = emptyHistory;
  at = now;

  constructor(private readonly rules: Rules) {}

  decide(input: Partial<Snapshot>, later = 0): readonly Action[] {
    this.at += later;
    const decision = decide(snapshot({ now: this.at, ...input }), this.history, this.rules);
    this.history = decision.history;
    return decision.actions;
  }
}

const sizes = (actions: readonly Action[]): number[] => actions.flatMap((action) => (action.type === "resize" ? [action.desired] : []));
const minute = 60_000;

describe("a node on its way", () => {
  test("is waited for until its own time is over, whatever came meanwhile", () => {
    const scaler = new Scaler(rules);
    expect(sizes(scaler.decide({ pods: pods(30) }))).toEqual([10]);
    const waiting = { pods: pods(30), pools: [pool({ desired: 10 })] };
    expect(sizes(scaler.decide(waiting, 1000))).toEqual([]);
    expect(sizes(scaler.decide(waiting, 9 * minute))).toEqual([]);
    // Only a part of the pool is given up at a time.
    expect(sizes(scaler.decide(waiting, 2 * minute))).toEqual([11]);
    expect(sizes(scaler.decide({ pods: pods(30), pools: [pool({ desired: 11 })] }, minute))).toEqual([]);
  });

  test("that is given up and comes after all is no reason for another", () => {
    const scaler = new Scaler(rules);
    scaler.decide({ pods: pods(3) });
    scaler.decide({ pods: pods(3), pools: [pool({ desired: 1 })] }, minute);
    expect(sizes(scaler.decide({ pods: pods(3), pools: [pool({ desired: 1 })] }, 10 * minute))).toEqual([2]);
    const late = node("late", { createdAt: scaler.at });
    expect(sizes(scaler.decide({ pods: pods(3), nodes: [late], pools: [pool({ desired: 2 })] }, minute))).toEqual([]);
  });

  test("keeps its age over a restart by the pool's annotation, and has all its time without one", () => {
    const waiting = (orderedAt?: number) => ({
      pods: pods(3),
      pools: [pool({ desired: 1, ...(orderedAt !== undefined && { orderedAt }) })],
    });
    expect(sizes(new Scaler(rules).decide(waiting(now - 11 * minute)))).toEqual([2]);
    expect(sizes(new Scaler(rules).decide(waiting(now - 9 * minute)))).toEqual([]);
    expect(sizes(new Scaler(rules).decide(waiting()))).toEqual([]);
  });

  test("an old annotation does not make a new order look old", () => {
    const scaler = new Scaler(rules);
    const orderedAt = now - 60 * minute;
    scaler.decide({ pods: pods(3), pools: [pool({ orderedAt })] });
    expect(sizes(scaler.decide({ pods: pods(3), pools: [pool({ desired: 1, orderedAt })] }, 1000))).toEqual([]);
  });

  test("teaches how long nodes boot when it is Ready", () => {
    const scaler = new Scaler(rules);
    scaler.decide({ pods: pods(3) });
    scaler.decide({ pods: pods(3), pools: [pool({ desired: 1 })] }, 1000);
    const booting = node("a", { ready: false, createdAt: scaler.at });
    scaler.decide({ pods: pods(3), nodes: [booting], pools: [pool({ desired: 1 })] }, 100_000);
    scaler.decide({ pods: pods(3), nodes: [node("a")], pools: [pool({ desired: 1 })] }, 100_000);
    expect(scaler.history.boots.get("c2-15")).toEqual({ count: 1, mean: 201_000, deviation: 0 });
  });
});

test("a node that is there and Ready at once teaches its boot time too", () => {
  const scaler = new Scaler(rules);
  scaler.decide({ pods: pods(3) });
  scaler.decide({ pods: pods(3), nodes: [node("a")], pools: [pool({ desired: 1 })] }, 300);
  expect(scaler.history.boots.get("c2-15")).toMatchObject({ count: 1, mean: 300 });
});

test("an order that did not go out is forgotten", () => {
  const scaler = new Scaler(rules);
  expect(sizes(scaler.decide({ pods: pods(3) }))).toEqual([1]);
  expect(sizes(scaler.decide({ pods: pods(3) }, 1000))).toEqual([1]);
  expect(scaler.history.upcomingNodes.get("compute")).toHaveLength(1);
});

describe("a node that is not Ready any more", () => {
  const lost = (minutes: number) => node("a", { ready: false, createdAt: now - 600 * minute, notReadySince: now - minutes * minute });
  const input = (minutes: number) => ({ nodes: [lost(minutes), node("b")], pods: pods(6, 1000), pools: [pool({ desired: 2 })] });

  test("is waited for, then replaced", () => {
    expect(sizes(new Scaler(rules).decide(input(9)))).toEqual([]);
    expect(sizes(new Scaler(rules).decide(input(11)))).toEqual([3]);
  });

  test("is OVHcloud's to mend first, which takes 10 minutes and a boot, as long as nothing else is configured", () => {
    const healed: Rules = { ...rules, bootTimeout: 1_200_000, gpuBootTimeout: 5_400_000, unreadyTimeout: "healed" };
    const ordered = (minutes: number, history: Partial<History> = {}, flavor = "c2-15") => {
      const scaler = new Scaler(healed);
      scaler.history = { ...emptyHistory, ...history };
      return sizes(scaler.decide({ ...input(minutes), pools: [pool({ desired: 2, flavor })] }));
    };
    expect([ordered(14), ordered(16)]).toEqual([[], [3]]);
    // Boots that were seen say how long one takes.
    const boots = new Map([["c2-15", { count: 9, mean: 10 * minute, deviation: 0 }]]);
    expect([ordered(24, { boots }), ordered(26, { boots })]).toEqual([[], [3]]);
    expect([ordered(90, {}, "t1-45"), ordered(101, {}, "t1-45")]).toEqual([[], [3]]);
  });

  test("is removed by name, with what pods Kubernetes is deleting there, once the new one is ordered", () => {
    const scaler = new Scaler(namedRules);
    expect(sizes(scaler.decide(input(11)))).toEqual([3]);
    const dying = pod(1000, { node: "a", schedulable: false });
    const after = { ...input(11), pods: [dying, ...pods(6, 1000)], pools: [pool({ desired: 3 })] };
    expect(scaler.decide(after, 1000)).toMatchObject([{ type: "remove", desired: 2, nodes: [{ name: "a" }], broken: true }]);
    expect(scaler.decide(after, 1000)).toEqual([]);
  });

  test("is kept as long as a pod there is not being deleted", () => {
    const running = pod(1000, { node: "a" });
    const found = new Scaler(namedRules).decide({ ...input(11), pods: [running] });
    expect(found.filter(({ type }) => type === "remove")).toEqual([]);
  });

  test("is not given the time of a boot, when it was seen Ready", () => {
    const scaler = new Scaler({ ...rules, bootTimeout: 3_600_000 });
    const young = { createdAt: scaler.at };
    const alone = { pods: pods(3), pools: [pool({ desired: 1 })] };
    scaler.decide({ ...alone, nodes: [node("a", young)] });
    const hung = node("a", { ...young, ready: false, notReadySince: scaler.at + minute });
    expect(sizes(scaler.decide({ ...alone, nodes: [hung] }, 10 * minute))).toEqual([]);
    expect(sizes(scaler.decide({ ...alone, nodes: [hung] }, 2 * minute))).toEqual([2]);
    // Whoever has not seen it Ready cannot tell it from one that boots.
    const late = { ...alone, nodes: [{ ...hung, createdAt: now, notReadySince: now + minute }] };
    const other = new Scaler({ ...rules, bootTimeout: 3_600_000 });
    expect(sizes(other.decide(late, 12 * minute))).toEqual([]);
  });

  test("of a pool at its minimum is replaced before it goes", () => {
    const scaler = new Scaler(namedRules);
    const alone = { nodes: [lost(11)], pools: [pool({ desired: 1, min: 1 })] };
    expect(sizes(scaler.decide(alone))).toEqual([2]);
    expect(scaler.decide({ ...alone, pools: [pool({ desired: 2, min: 1 })] }, 1000)).toMatchObject([
      { type: "remove", desired: 1, broken: true },
    ]);
  });
});

describe("a broken node of a pool of fixed size", () => {
  const lost = node("a", { ready: false, createdAt: now - 600 * minute, notReadySince: now - 60 * minute });
  const input = { nodes: [lost, node("b")], pools: [pool({ desired: 2, min: 2, max: 2 })] };
  const kept = {
    code: "BrokenNodesKept",
    reason:
      "1 node of the pool compute (a) is broken and cannot be replaced, for it may have no more than 2 (maxNodes); raise maxNodes to 3, or reset the broken in OVHcloud's control panel",
  };

  test.each([rules, namedRules])("is reported, to the Jobs too whose pods wait", (given) => {
    expect(new Scaler(given).decide(input)).toMatchObject([{ ...kept, jobs: [] }]);
    expect(new Scaler(given).decide({ ...input, pods: pods(6) })).toMatchObject([
      { code: "PoolAtMaximum" },
      { ...kept, jobs: [{ name: "job" }] },
    ]);
  });

  test("is replaced once maxNodes is raised", () => {
    const scaler = new Scaler(namedRules);
    scaler.decide(input);
    expect(sizes(scaler.decide({ ...input, pools: [pool({ desired: 2, min: 2, max: 3 })] }, 1000))).toEqual([3]);
    const after = { ...input, pools: [pool({ desired: 3, min: 2, max: 3 })] };
    expect(scaler.decide(after, 1000)).toMatchObject([{ type: "remove", desired: 2, nodes: [{ name: "a" }], broken: true }]);
  });
});

test("many broken nodes are replaced a twentieth at a time, within each boot timeout", () => {
  const scaler = new Scaler(rules);
  const allocatable = { cpu: 3000, memory: 14e9, pods: 110 };
  const nodes = Array.from({ length: 50 }, (_, i) => node(`n${i}`, { ready: false, createdAt: now - 60 * minute, allocatable }));
  expect(sizes(scaler.decide({ nodes, pods: pods(150), pools: [pool({ desired: 50 })] }))).toEqual([53]);
  expect(sizes(scaler.decide({ nodes, pods: pods(150), pools: [pool({ desired: 53 })] }, 5 * minute))).toEqual([]);
  expect(sizes(scaler.decide({ nodes, pods: pods(150), pools: [pool({ desired: 53 })] }, 4 * minute + 1000))).toEqual([]);
});

describe("a node that was given up", () => {
  test("counts as long as it is there, so that no second one is ordered in its place", () => {
    const scaler = new Scaler(rules);
    const waiting = (desired: number) => ({ pods: pods(3), pools: [pool({ desired })] });
    scaler.decide({ pods: pods(3) });
    scaler.decide(waiting(1), minute);
    expect(sizes(scaler.decide(waiting(1), 10 * minute))).toEqual([2]);
    for (let hour = 0; hour < 6; hour++) expect(sizes(scaler.decide(waiting(2), 60 * minute))).toEqual([]);
  });

  test("counts no more once it is gone and the boot timeout is over", () => {
    const scaler = new Scaler(rules);
    const one = pods(3);
    scaler.decide({ pods: one });
    scaler.decide({ pods: one, pools: [pool({ desired: 1 })] }, minute);
    expect(sizes(scaler.decide({ pods: one, pools: [pool({ desired: 1 })] }, 10 * minute))).toEqual([2]);
    // Somebody took it away; the other fails as well.
    scaler.decide({ pods: one, pools: [pool({ desired: 1 })] }, minute);
    expect(sizes(scaler.decide({ pods: one, pools: [pool({ desired: 1 })] }, 10 * minute))).toEqual([2]);
  });

  test("is waited for longer where the flavor has GPUs, in the catalogue or by its family", () => {
    for (const flavor of ["t1-45", "l40s-90"]) {
      const scaler = new Scaler(rules);
      const input = (desired: number) => ({ pods: pods(3), pools: [pool({ desired, flavor })] });
      scaler.decide(input(0));
      scaler.decide(input(1), 1000);
      expect(sizes(scaler.decide(input(1), 89 * minute))).toEqual([]);
      expect(sizes(scaler.decide(input(1), minute))).toEqual([2]);
    }
  });
});

test("nodes that leave count among those that a pool may have", () => {
  const scaler = new Scaler(namedRules);
  const nodes = ["a", "b"].map((name) => node(name, { cordoned: true, drainingSince: now - 10 * minute }));
  const leaving = { nodes, pools: [pool({ desired: 0, max: 2 })] };
  expect(scaler.decide({ ...leaving, pods: pods(9) })).toMatchObject([{ code: "PoolAtMaximum" }]);
  expect(sizes(scaler.decide({ pods: pods(9), pools: [pool({ desired: 0, max: 2 })] }, 1000))).toEqual([2]);
});

describe("nodes that OVHcloud says have failed", () => {
  const failing = pool({ desired: 3, granted: 3, failed: ["openstack:///x"], problem: "1 of its nodes: FLAVOR_OUT_OF_STOCK_ERROR" });

  test("are removed by name, and the pool is left alone for a while", () => {
    const scaler = new Scaler(namedRules);
    const nodes = [node("a"), node("b")];
    const busy = nodes.flatMap(({ name }) => pods(3, 1000, { node: name }));
    const waiting = pods(3);
    const actions = scaler.decide({ nodes, pods: [...busy, ...waiting], pools: [failing] });
    expect(actions.filter(({ type }) => type !== "report")).toMatchObject([
      { type: "remove", desired: 2, nodes: [], failed: ["openstack:///x"] },
      { type: "condition", blocked: failing.problem },
    ]);
    const after = { nodes, pods: [...busy, ...waiting], pools: [pool({ desired: 2, granted: 2 })] };
    expect(scaler.decide(after, 1000)).toMatchObject([{ code: "PoolBlocked" }]);
    expect(sizes(scaler.decide(after, 2 * minute))).toEqual([3]);
  });
});
