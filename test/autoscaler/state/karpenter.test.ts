import { isKarpenterShape, withoutKarpenter } from "../../../autoscaler/state/karpenter";
import { type Snapshot } from "../../../autoscaler/state/model";
import { readPool } from "../../../autoscaler/state/snapshot";
import { decide } from "../../../autoscaler/decision/decide";
import { emptyHistory } from "../../../autoscaler/state/history";
import { node, now, pod, pool, rules, shape } from "../build";

const selecting = shape(1000, { nodeSelector: { "karpenter.sh/nodepool": "batch" } });
const preferring = (operator: string) =>
  shape(1000, { nodeSelector: {}, affinity: [{ matchExpressions: [{ key: "karpenter.sh/nodepool", operator }] }] });
const karpenters = pool({ name: "karpenter-b3-8-nova-3fa94c-1", uid: "k", flavor: "b3-8", desired: 2, karpenter: true });
const snapshot = (rest: Partial<Snapshot>): Snapshot => ({ now, pods: [], nodes: [], pools: [], daemons: [], ...rest });

describe("pods of Karpenter's", () => {
  it.each([
    ["select one of its node pools", selecting],
    ["select its capacity type", shape(1, { nodeSelector: { "karpenter.sh/capacity-type": "on-demand" } })],
    ["select a size that only its nodes tell", shape(1, { nodeSelector: { "karpenter.ovhcloud.sh/instance-cpu": "4" } })],
    ["must be on one of its nodes", preferring("Exists")],
  ])("%s", (_why, one) => expect(isKarpenterShape(one)).toBe(true));

  it.each([
    ["that name a pool of the autoscaler's", shape(1)],
    ["that name none", shape(1, { nodeSelector: {} })],
    ["that must not be on its nodes", preferring("DoesNotExist")],
    [
      "that may be elsewhere as well",
      shape(1, {
        nodeSelector: {},
        affinity: [
          { matchExpressions: [{ key: "karpenter.sh/nodepool", operator: "Exists" }] },
          { matchExpressions: [{ key: "nodepool", operator: "In", values: ["compute"] }] },
        ],
      }),
    ],
  ])("are not those %s", (_why, one) => expect(isKarpenterShape(one)).toBe(false));
});

describe("pools of Karpenter's", () => {
  const read = (metadata: object) =>
    readPool({
      metadata: { name: "p", uid: "u", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" },
      spec: { flavor: "b3-8", template: { metadata } },
    }).karpenter;

  it("are told by what its provider, or the public one, writes into their template", () => {
    expect(read({ annotations: { "karpenter.ovhcloud.sh/managed-by": "x" } })).toBe(true);
    expect(read({ labels: { "karpenter.sh/nodepool": "batch" } })).toBe(true);
    expect(read({ labels: { team: "media" } })).toBeUndefined();
  });
});

describe("beside Karpenter the autoscaler", () => {
  it("sees neither its pools nor the pods, Jobs and schedules that it orders nodes for", () => {
    const [ours, theirs] = [pod(1000), pod(1000, { shape: selecting })];
    const seen = withoutKarpenter(
      snapshot({
        pods: [ours, theirs],
        pools: [pool(), karpenters],
        jobs: [{ uid: "a", shape: selecting }, { uid: "b", shape: shape(1) }, { uid: "c" }],
        schedules: [{ next: now, shape: selecting, pods: 1 }],
      }),
    );
    expect(seen.pods).toEqual([ours]);
    expect(seen.pools.map(({ name }) => name)).toEqual(["compute"]);
    expect(seen.jobs?.map(({ uid }) => uid)).toEqual(["b", "c"]);
    expect(seen.schedules).toEqual([]);
  });

  it("sees its nodes, and what runs on them", () => {
    const theirs = node("k-1", { pool: karpenters.name, labels: { nodepool: karpenters.name, "karpenter.sh/nodepool": "batch" } });
    const running = pod(1000, { shape: selecting, node: "k-1" });
    const seen = withoutKarpenter(snapshot({ pods: [running], nodes: [theirs], pools: [karpenters] }));
    expect(seen).toMatchObject({ nodes: [theirs], pods: [running], pools: [] });
  });

  it("orders nodes for its own pods, reports nothing of Karpenter's, and never resizes its pools", () => {
    const both = [pod(1000), ...Array.from({ length: 5 }, () => pod(1000, { shape: selecting }))];
    const idle = node("k-1", { pool: karpenters.name, labels: { nodepool: karpenters.name }, createdAt: now - 36e5 });
    const { actions, pending } = decide(
      withoutKarpenter(snapshot({ pods: both, nodes: [idle], pools: [pool(), karpenters] })),
      emptyHistory,
      rules,
    );
    expect(pending).toBe(1);
    expect(actions).toEqual([
      expect.objectContaining({ type: "resize", desired: 1, pool: expect.objectContaining({ name: "compute" }) as object }),
    ]);
  });

  it("counts its nodes for the plan of the cluster", () => {
    const given = { ...rules, maxNodes: 3 };
    const waiting = Array.from({ length: 4 }, () => pod(4000, { shape: shape(3000) }));
    const sized = (pools: Snapshot["pools"]) =>
      decide(withoutKarpenter(snapshot({ pods: waiting, pools })), emptyHistory, given).actions.flatMap((action) =>
        action.type === "resize" ? [action.desired] : [],
      );
    expect(sized([pool()])).toEqual([3]);
    expect(sized([pool(), karpenters])).toEqual([1]);
  });
});
