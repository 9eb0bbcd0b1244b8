import { decide, type Decision } from "../../autoscaler/decision/decide";
import { type Node, type Pod, type Snapshot } from "../../autoscaler/state/model";
import { emptyHistory, type History } from "../../autoscaler/state/history";
import { type Rules } from "../../autoscaler/state/rules";
import { draining, idle, namedRules, node, now, pod, pool, randomFrom, rules, shape, snapshot } from "./build";

interface World {
  readonly snapshot: Snapshot;
  readonly history: History;
  readonly rules: Rules;
}

/** A random cluster of two pools with nodes in every condition. */
function world(seed: number): World {
  const random = randomFrom(seed);
  const onlyChoosy = random() < 0.5;
  const upTo = (limit: number): number => Math.floor(random() * (limit + 1));
  const pick = <T>(...of: readonly T[]): T => of[upTo(of.length - 1)]!;
  const pools = ["compute", "other"].map((name, i) => {
    const min = pick(0, 0, 1, 2);
    const max = min + upTo(12);
    return pool({
      name,
      uid: name,
      flavor: pick("c2-15", "b2-7", "unheard-of"),
      min,
      max,
      desired: Math.min(max, min + upTo(8)),
      autoscale: i > 0 && random() < 0.1,
    });
  });
  const nodes = pools.flatMap((of) =>
    Array.from({ length: upTo(of.desired + 2) }, (_, i): Node => {
      const rest = {
        pool: of.name,
        flavor: of.flavor,
        labels: { nodepool: of.name },
        allocatable: { cpu: pick(2000, 4000), memory: 14e9, pods: pick(3, 110) },
      };
      const name = `${of.name}-${i}`;
      return pick(
        node(name, rest),
        node(name, rest),
        node(name, { ...rest, ready: false, createdAt: now - upTo(1_200_000) }),
        node(name, { ...rest, cordoned: true }),
        draining(name, upTo(5000), rest),
        draining(name, upTo(5000), rest),
      );
    }),
  );
  const quiet = random() < 0.5;
  const pods = Array.from({ length: quiet ? upTo(2) : upTo(60) }, (): Pod => {
    const where = pick(undefined, undefined, pick(...nodes, undefined)?.name);
    const selector = pick<Record<string, string>>(
      { nodepool: "compute" },
      { nodepool: "other" },
      onlyChoosy ? { nodepool: "compute" } : {},
    );
    return pod(0, { node: where, isWorkload: random() < 0.8, shape: shape(pick(100, 500, 1000, 3000, 9000), { nodeSelector: selector }) });
  });
  const keys = [...pools.map(({ name }) => `pool/${name}`), ...nodes.map(({ name }) => `node/${name}`)];
  const history = random() < 0.3 ? emptyHistory : idle(upTo(120_000), ...keys);
  return {
    snapshot: snapshot({ pods, nodes, pools }),
    history,
    rules: { ...(random() < 0.5 ? rules : namedRules), ...(random() < 0.5 && { scaleDownDelay: "auto" }) },
  };
}

const worlds = Array.from({ length: 1500 }, (_, seed) => ({ seed, ...world(seed) }));

/** Runs `check` on every random world, and tells the seed of one that fails. */
function forAll(check: (world: World) => void): void {
  for (const { seed, ...one } of worlds) {
    try {
      check(one);
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
}

const decisions = new WeakMap<Snapshot, Decision>();

function decided(one: World): Decision {
  const known = decisions.get(one.snapshot) ?? decide(one.snapshot, one.history, one.rules);
  decisions.set(one.snapshot, known);
  return known;
}

const busy = ({ snapshot: { pods } }: World): Set<string> => new Set(pods.flatMap((one) => (one.isWorkload && one.node ? [one.node] : [])));

describe("whatever the cluster looks like", () => {
  test("no node with a pod of value can be removed or is cordoned", () => {
    let removals = 0;
    forAll((one) => {
      const working = busy(one);
      for (const action of decided(one).actions) {
        if (action.type === "cordon") expect(working).not.toContain(action.node);
        if (action.type !== "remove") continue;
        removals += 1;
        const named = one.rules.namedRemoval && action.nodes.length > 0;
        const atRisk = named ? action.nodes : one.snapshot.nodes.filter((of) => of.pool === action.pool.name);
        for (const { name } of atRisk) expect(working).not.toContain(name);
      }
    });
    // The property would hold idly if nothing was ever removed.
    expect(removals).toBeGreaterThan(50);
  });

  test("only nodes that have been cordoned for the settle time are removed", () => {
    let removed = 0;
    forAll((one) => {
      for (const action of decided(one).actions) {
        if (action.type !== "remove") continue;
        for (const of of action.nodes) {
          if (action.broken) {
            expect(of.ready).toBe(false);
            continue;
          }
          expect(of.cordoned).toBe(true);
          expect(now - (of.drainingSince ?? 0)).toBeGreaterThanOrEqual(one.rules.settle);
          removed += 1;
        }
      }
    });
    expect(removed).toBeGreaterThan(50);
  });

  test("sizes stay within minNodes and maxNodes", () => {
    let sizes = 0;
    forAll((one) => {
      for (const action of decided(one).actions) {
        if (action.type !== "resize" && action.type !== "remove") continue;
        expect(action.desired).toBeGreaterThanOrEqual(action.pool.min);
        expect(action.desired).toBeLessThanOrEqual(action.pool.max);
        expect(action.type === "resize").toBe(action.desired > action.pool.desired);
        sizes += 1;
      }
    });
    expect(sizes).toBeGreaterThan(50);
  });

  test("one step is enough: with the new sizes, nothing more is ordered", () => {
    let orders = 0;
    forAll((one) => {
      // While nodes leave, or where a pod may choose its pool, another view of the same need can differ by a node.
      const leaving = one.snapshot.pools.some((of) => one.snapshot.nodes.filter(({ pool }) => pool === of.name).length > of.desired);
      if (leaving || one.snapshot.pods.some((of) => of.shape.nodeSelector.nodepool === undefined)) return;
      const sizes = new Map(
        decided(one).actions.flatMap((action) => (action.type === "resize" ? [[action.pool.name, action.desired] as const] : [])),
      );
      orders += sizes.size;
      const pools = one.snapshot.pools.map((of) => ({ ...of, desired: sizes.get(of.name) ?? of.desired }));
      const again = decide({ ...one.snapshot, pools }, one.history, one.rules).actions;
      expect(again.filter(({ type }) => type === "resize")).toEqual([]);
    });
    expect(orders).toBeGreaterThan(50);
  });

  test("a pool is never grown and shrunk, nor a node cordoned and uncordoned, in one decision", () => {
    forAll((one) => {
      const { actions } = decided(one);
      const poolNames = actions.flatMap((action) => (action.type === "resize" || action.type === "remove" ? [action.pool.name] : []));
      const nodeNames = actions.flatMap((action) => (action.type === "cordon" || action.type === "uncordon" ? [action.node] : []));
      expect(new Set(poolNames).size).toBe(poolNames.length);
      expect(new Set(nodeNames).size).toBe(nodeNames.length);
    });
  });

  test("a pool that is OVHcloud's own to scale is not touched", () => {
    forAll((one) => {
      for (const action of decided(one).actions) {
        if (action.type === "resize" || action.type === "remove" || action.type === "cordon") expect(action.pool.autoscale).toBe(false);
      }
    });
    expect(worlds.filter((one) => one.snapshot.pools.some(({ autoscale }) => autoscale)).length).toBeGreaterThan(50);
  });
});
