import { type Amount, cheapestCover, type Offer } from "../../bench/karpenter/bound";
import { busyNodesRemoved, pinnedPodsLost } from "../../bench/karpenter/busy";
import { figures } from "../../bench/karpenter/figures";
import { fixedPools, inflate, needOf, placements, sizes } from "../../bench/karpenter/pods";
import { catalogue } from "../../common/flavors";
import { leftForPods } from "../../common/reserved";
import { nodePool } from "../../local/demo/karpenter/cloud";
import type { Node, Pod, State } from "../../local/demo/karpenter/state";
import { deploymentOf } from "../../local/demo/karpenter/workload";

describe("the least price of nodes for some pods", () => {
  const offer = (millicores: number, memory: number, price: number): Offer => ({ millicores, memory, price });
  const need = (millicores: number, memory: number): Amount => ({ millicores, memory });

  /** Tries all numbers of nodes. */
  function byHand(wanted: Amount, offers: readonly Offer[], most: number): number {
    const [first, ...others] = offers;
    if (wanted.millicores <= 0 && wanted.memory <= 0) return 0;
    if (!first) return Infinity;
    const costs = Array.from({ length: most + 1 }, (_, count) => {
      const rest = need(wanted.millicores - count * first.millicores, wanted.memory - count * first.memory);
      return count * first.price + byHand(rest, others, most);
    });
    return Math.min(...costs);
  }

  test("is that of whole nodes, of several flavors where that is cheaper", () => {
    const offers = [offer(4, 8, 1), offer(4, 16, 1.3), offer(1, 2, 0.3)];
    expect(cheapestCover(need(0, 0), offers)).toBe(0);
    expect(cheapestCover(need(4, 8), offers)).toBe(1);
    expect(cheapestCover(need(5, 8), offers)).toBeCloseTo(1.3);
    expect(cheapestCover(need(8, 24), offers)).toBeCloseTo(2.3);
    expect(cheapestCover(need(0, 1), offers)).toBeCloseTo(0.3);
  });

  test("is what trying all numbers of nodes finds", () => {
    let seed = 1;
    const random = (most: number): number => 1 + ((seed = (seed * 48_271) % 2_147_483_647) % most);
    for (let round = 0; round < 200; round++) {
      const offers = Array.from({ length: 3 }, () => offer(random(8), random(8), random(20)));
      const wanted = need(random(20), random(20));
      expect(cheapestCover(wanted, offers)).toBeCloseTo(byHand(wanted, offers, 20));
    }
  });

  test("is found at once for 100 pods and all flavors of the families", () => {
    const offers = Object.entries(catalogue)
      .filter(([name]) => nodePool.families.includes(name.split("-")[0]!))
      .map(([, size]) => ({ ...leftForPods(size), price: 0.0129 * size.vCPUs + 0.0032 * size.ram }));
    const all = needOf(5);
    const least = cheapestCover(all, offers);
    expect(offers.length).toBeGreaterThan(8);
    // What CPU and memory would cost without anything that a node keeps for itself, and 5 % more.
    const bare = (0.0129 * all.millicores) / 1000 + (0.0032 * all.memory) / 1e9;
    expect(least).toBeGreaterThan(bare);
    expect(least).toBeLessThan(1.05 * bare);
  });
});

describe("nodes that are removed under pods that must stay", () => {
  const pod = (uid: string, node: string | undefined, pinned = true, leaving = false): Pod => ({
    ...{ uid, node, pinned, leaving, running: node !== undefined },
  });
  const node = (name: string, leaving = false, uid = name): Node => ({ name, uid, leaving, flavor: "b3-8", zone: "nova" });
  const state = (pods: Pod[], nodes: Node[]): State => ({ pods, nodes });
  const before = state([pod("a", "one"), pod("b", "two", false), pod("c", undefined)], [node("one"), node("two")]);

  test.each<[string, State, number, number]>([
    ["none where only a node of others goes", state([pod("a", "one")], [node("one"), node("two", true)]), 0, 0],
    ["one that is being removed", state([pod("a", "one")], [node("one", true), node("two")]), 1, 0],
    ["one that is gone with its pod", state([], [node("two")]), 1, 1],
    ["one that is gone, and another one has its name", state([pod("a", "one")], [node("one", false, "new")]), 1, 0],
    ["none where the pod was evicted and its node stays", state([pod("d", "two")], [node("one"), node("two")]), 0, 1],
    ["none where the pod is being evicted", state([pod("a", "one", true, true)], [node("one")]), 0, 1],
  ])("%s", (_what, after, nodes, pods) => {
    expect(busyNodesRemoved([before, after])).toBe(nodes);
    expect(busyNodesRemoved([before, after, after])).toBe(nodes);
    expect(pinnedPodsLost([before, after])).toBe(pods);
  });
});

test("the pods are 100 of 20 sizes, and some are pinned", () => {
  expect(new Set(sizes.map(({ millicores, mebibytes }) => `${millicores} ${mebibytes}`)).size).toBe(20);
  expect(sizes.every(({ mebibytes }) => Number.isInteger(mebibytes))).toBe(true);
  expect(needOf(5)).toEqual({ millicores: 155_000, memory: 387.5 * 2 ** 30 });
  const [pinned] = inflate(placements.karpenter, 1, true).map(deploymentOf);
  expect(pinned!.spec.template.metadata.annotations).toEqual({ "karpenter.sh/do-not-disrupt": "true" });
  expect(pinned!.spec.template.spec.containers[0]!.resources.requests).toEqual({ cpu: "250m", memory: "256Mi" });
});

test("each pod fits a flavor of the autoscaler's pools", () => {
  const rooms = Object.values(fixedPools).map(({ flavor }) => leftForPods(catalogue[flavor]!));
  for (const { millicores, mebibytes } of sizes)
    expect(rooms.some((room) => room.millicores >= millicores && room.memory >= mebibytes * 2 ** 20)).toBe(true);
});

test("the figures are ratios to the bounds", () => {
  const outcome = (seconds: number, cost: number) => ({ seconds, cost, chosenCost: cost - 0.04 });
  const bounds = { filled: 2, consolidated: 1 };
  const counts = { busyNodesRemoved: 0, pinnedPodsLost: 0, pinned: 20, memory: 100 };
  const measured = { filled: outcome(5, 2.12), consolidated: outcome(60, 1.1), peer: outcome(3, 2.4), bounds, ...counts };
  const all = figures(measured, ["b3", "c3"], "c3-16, b3-32, c3-8");
  expect(Object.fromEntries(all.map(({ name, value }) => [name, value]))).toEqual({
    "flavor-cost-to-optimal": 1.04,
    "filled-cost-to-optimal": 1.06,
    "last-order-seconds": 5,
    "autoscaler-cost-to-optimal": 1.2,
    "autoscaler-last-order-seconds": 3,
    "consolidated-cost-to-optimal": 1.1,
    "consolidation-seconds": 60,
    "busy-nodes-removed": 0,
    "pinned-pods-lost": 0,
    "karpenter-rss-mib": 100,
  });
});
