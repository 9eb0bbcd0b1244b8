import { decide } from "../../../autoscaler/decision/decide";
import { type Pool, type Snapshot } from "../../../autoscaler/state/model";
import { emptyHistory, type History } from "../../../autoscaler/state/history";
import { type Action } from "../../../autoscaler/state/action";
import { node, now, pods, pool, rules, shape, snapshot } from "../build";

const problem = "InsufficientVCPUsQuota: 12 of 12 used";

/** Decides again and again; keeps what was learned. */
class Scaler {
  history: History = emptyHistory;
  at = now;

  decide(input: Partial<Snapshot>, later = 0): readonly Action[] {
    this.at += later;
    const decision = decide(snapshot({ now: this.at, ...input }), this.history, rules);
    this.history = decision.history;
    return decision.actions;
  }
}

const anywhere = (amount: number) => pods(amount, 1000, { shape: shape(1000, { nodeSelector: {} }) });
const sizes = (actions: readonly Action[]): [string, number][] =>
  actions.flatMap((action) => (action.type === "resize" ? [[action.pool.name, action.desired] as [string, number]] : []));

describe("a pool whose nodes do not come up", () => {
  const minute = 60_000;
  const one = (desired = 0) => pool({ name: "one", uid: "1", desired });
  const other = (desired = 0) => pool({ name: "other", uid: "2", desired });
  const waiting = anywhere(12);
  const came = (name: string, ready = true) => node(name, { pool: "one", labels: { nodepool: "one" }, ready, createdAt: now });

  test("gets its nodes replaced by the next pool that fits", () => {
    const scaler = new Scaler();
    expect(sizes(scaler.decide({ pods: waiting, pools: [one(), other()] }))).toEqual([["one", 4]]);
    expect(sizes(scaler.decide({ pods: waiting, pools: [one(4), other()] }, 9 * minute))).toEqual([]);
    // Those too that are not given up yet: here they are not doubled, but come from elsewhere.
    expect(sizes(scaler.decide({ pods: waiting, pools: [one(4), other()] }, 2 * minute))).toEqual([["other", 4]]);
    expect(sizes(scaler.decide({ pods: waiting, pools: [one(4), other(4)] }, minute))).toEqual([]);
  });

  test("are no reason for ever more nodes when the next pool's do not come up either", () => {
    const scaler = new Scaler();
    let [first, second] = [0, 0];
    for (let time = 0; time <= 60; time++) {
      for (const [name, size] of sizes(scaler.decide({ pods: waiting, pools: [one(first), other(second)] }, minute))) {
        if (name === "one") first = size;
        else second = size;
      }
    }
    // Four each, and a node each in each of the six boot timeouts.
    expect(first + second).toBeGreaterThan(8);
    expect(first + second).toBeLessThanOrEqual(20);
  });

  test("is used again when the time of a boot is over, or when a node came after all", () => {
    const [gone, mended] = [new Scaler(), new Scaler()];
    for (const scaler of [gone, mended]) {
      scaler.decide({ pods: waiting, pools: [one(), other()] });
      scaler.decide({ pods: waiting, pools: [one(4), other()] }, 11 * minute);
      expect(sizes(scaler.decide({ pods: anywhere(3), pools: [one(), other()] }, minute))).toEqual([["other", 1]]);
    }
    expect(sizes(gone.decide({ pods: anywhere(3), pools: [one(), other()] }, 11 * minute))).toEqual([["one", 1]]);
    mended.decide({ pods: anywhere(3), pools: [one(1), other()] });
    mended.decide({ nodes: [came("a")], pools: [one(1), other()] }, minute);
    expect(sizes(mended.decide({ pods: anywhere(3), pools: [one(), other()] }, minute))).toEqual([["one", 1]]);
  });

  test("is not doubted for one broken node among those that came", () => {
    const scaler = new Scaler();
    scaler.decide({ pods: waiting, pools: [one(), other()] });
    const running = ["a", "b", "c"].flatMap((name) => pods(4, 1000, { node: name }));
    const nodes = ["a", "b", "c"].map((name) => came(name));
    const input = { nodes, pods: [...running, ...anywhere(3)], pools: [one(4), other()] };
    scaler.decide(input, 5 * minute);
    expect(sizes(scaler.decide(input, 6 * minute))).toEqual([["one", 5]]);
  });

  test("is asked again where no other pool helps", () => {
    const scaler = new Scaler();
    scaler.decide({ pods: waiting, pools: [one()] });
    expect(sizes(scaler.decide({ pods: waiting, pools: [one(4)] }, 11 * minute))).toEqual([["one", 5]]);
  });
});

describe("a pool that OVHcloud refuses nodes", () => {
  const first = (rest: Partial<Pool> = {}) => pool({ name: "first", uid: "1", flavor: "c2-15", ...rest });
  const second = (rest: Partial<Pool> = {}) => pool({ name: "second", uid: "2", flavor: "c2-30", ...rest });

  test("is left out at once: the next pool gets the pods", () => {
    const scaler = new Scaler();
    const waiting = anywhere(3);
    expect(sizes(scaler.decide({ pods: waiting, pools: [first(), second()] }))).toEqual([["first", 1]]);
    const refused = first({ desired: 1, problem, granted: 0 });
    const actions = scaler.decide({ pods: waiting, pools: [refused, second()] }, 1000);
    expect(sizes(actions)).toEqual([["second", 1]]);
    // Their Job learns why it gets other nodes.
    expect(actions).toContainEqual(expect.objectContaining({ code: "PoolBlocked", pool: refused, jobs: [waiting[0]!.job] }));
  });

  test("is no news for Jobs that would have gone to another pool anyway", () => {
    const scaler = new Scaler();
    const refused = first({ desired: 1, problem, granted: 0 });
    const large = pods(1, 6000, { shape: shape(6000, { nodeSelector: {} }) });
    const actions = scaler.decide({ pods: large, pools: [refused, second()] });
    expect(actions).toMatchObject([
      { code: "PoolBlocked", pool: refused, jobs: [] },
      { type: "condition", pool: refused },
      { type: "resize", pool: { name: "second" } },
    ]);
  });

  test("stays left out while OVHcloud still counts the failed nodes that are being removed", () => {
    const scaler = new Scaler();
    const waiting = anywhere(3);
    scaler.decide({ pods: waiting, pools: [first({ desired: 1, problem, granted: 1, failed: ["openstack:///a"] }), second()] });
    const removed = first({ desired: 0, granted: 1 });
    expect(sizes(scaler.decide({ pods: waiting, pools: [removed, second()] }, 1000))).toEqual([["second", 1]]);
  });

  test("gets its order taken back to what was granted, so that the nodes do not come later", () => {
    const scaler = new Scaler();
    const waiting = anywhere(30);
    const refused = first({ desired: 10, problem, granted: 4 });
    scaler.decide({ pods: waiting, pools: [first({ desired: 4, granted: 4 })] });
    expect(sizes(scaler.decide({ pods: waiting, pools: [refused] }, 1000))).toEqual([]);
    expect(sizes(scaler.decide({ pods: waiting, pools: [refused] }, 3000))).toEqual([["first", 4]]);
  });

  test("keeps its order where OVHcloud does not tell what it granted: nodes that boot would be lost", () => {
    const scaler = new Scaler();
    const refused = first({ desired: 10, problem });
    for (let i = 0; i < 10; i++) expect(sizes(scaler.decide({ pods: anywhere(30), pools: [refused] }, 5000))).toEqual([]);
  });

  test("keeps the nodes of earlier orders, in case OVHcloud's number is late", () => {
    const scaler = new Scaler();
    scaler.decide({ pods: anywhere(30), pools: [first({ desired: 4 })] });
    const refused = first({ desired: 10, problem, granted: 1 });
    scaler.decide({ pods: anywhere(30), pools: [refused] }, 1000);
    expect(sizes(scaler.decide({ pods: anywhere(30), pools: [refused] }, 5000))).toEqual([["first", 4]]);
  });

  test("is asked for as much as it grants in a few steps, and not again for a while", () => {
    const scaler = new Scaler();
    const limit = 13;
    let [desired, granted, asked] = [0, 0, 0];
    const nodes = () => Array.from({ length: granted }, (_, i) => node(`n${i}`, { pool: "first", labels: { nodepool: "first" } }));
    const step = (later: number): void => {
      const over = desired > limit;
      if (!over) granted = desired;
      const running = nodes().flatMap(({ name }) => pods(3, 1000, { node: name }));
      const input = {
        nodes: nodes(),
        pods: [...running, ...anywhere(300)],
        pools: [first({ desired, granted, ...(over && { problem }) })],
      };
      for (const [, size] of sizes(scaler.decide(input, later))) {
        asked += size > desired ? 1 : 0;
        desired = size;
      }
    };
    for (let i = 0; i < 25; i++) step(3100);
    expect(granted).toBe(limit);
    // Halving: 100, 50, 25, 12, 18, 15, 13, 14.
    expect(asked).toBeLessThanOrEqual(9);
    const before = asked;
    for (let i = 0; i < 120; i++) step(10_000);
    // 20 minutes of growing waits of up to five: one, two, four, five, five.
    expect(asked - before).toBeGreaterThanOrEqual(3);
    expect(asked - before).toBeLessThanOrEqual(6);
    expect(granted).toBe(limit);
  });

  test("is used in full again when what was refused is granted", () => {
    const scaler = new Scaler();
    scaler.decide({ pods: anywhere(30), pools: [first({ desired: 10, problem, granted: 0 })] });
    scaler.decide({ pods: anywhere(30), pools: [first({ desired: 10, granted: 10 })] }, 1000);
    expect(sizes(scaler.decide({ pods: anywhere(60), pools: [first({ desired: 10, granted: 10 })] }, 1000))).toEqual([["first", 20]]);
  });

  test("is told to the Jobs that wait for it, with the time of the next try", () => {
    const scaler = new Scaler();
    scaler.decide({ pods: anywhere(30), pools: [first({ desired: 1, problem, granted: 0 })] });
    const actions = scaler.decide({ pods: anywhere(30), pools: [first({ desired: 0, granted: 0 })] }, 10_000);
    expect(actions).toMatchObject([
      {
        code: "PoolBlocked",
        jobs: [{ name: "job" }],
        reason: expect.stringContaining("is asked again at 2026-01-01T12:01:00.000Z") as string,
      },
    ]);
  });
});
