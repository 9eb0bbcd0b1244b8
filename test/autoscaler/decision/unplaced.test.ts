import { decide } from "../../../autoscaler/decision/decide";
import { type Pod, type Snapshot } from "../../../autoscaler/state/model";
import { emptyHistory } from "../../../autoscaler/state/history";
import { type Action } from "../../../autoscaler/state/action";
import { node, now, pod, pool, rules, shape, snapshot } from "../build";

const refusal = "0/1 nodes are available: 1 node(s) had volume node affinity conflict";
const refused = pod(1000, { refusal });

/** What is reported when decisions are made at these seconds. */
function reportsAt(seconds: readonly number[], input: (second: number) => Partial<Snapshot>): readonly (readonly Action[])[] {
  let history = emptyHistory;
  return seconds.map((second) => {
    const decision = decide(snapshot({ now: now + second * 1000, pools: [pool({ desired: 1 })], ...input(second) }), history, rules);
    history = decision.history;
    return decision.actions.filter(({ type }) => type === "report");
  });
}

describe("a pod that the scheduler refuses though a Ready node has room", () => {
  const at = [0, 60, 119, 120, 150];

  test("is reported once, after two minutes, with the scheduler's words", () => {
    const [first, second, third, fourth, fifth] = reportsAt(at, () => ({ nodes: [node("a")], pods: [refused] }));
    expect([first, second, third, fifth]).toEqual([[], [], [], []]);
    expect(fourth).toMatchObject([
      {
        code: "NotPlaced",
        pool: { name: "compute" },
        jobs: [{ name: "job" }],
        reason: `the scheduler places 1 pod nowhere, though there seems to be room on Ready nodes of the pool compute: ${refusal}`,
      },
    ]);
  });

  test.each<[string, (second: number) => { nodes: Snapshot["nodes"]; pods: readonly Pod[] }]>([
    ["has not looked at it yet", () => ({ nodes: [node("a")], pods: [pod(1000)] })],
    ["waits for the node to be Ready", () => ({ nodes: [node("a", { ready: false, createdAt: now })], pods: [refused] })],
    [
      "puts others there meanwhile",
      (second) => ({ nodes: [node("a")], pods: [refused, pod(1000, { node: "a", startedAt: now + Math.min(second, 60) * 1000 })] }),
    ],
    [
      "waits for the node's GPU to show",
      () => {
        const gpu = pod(0, { refusal, shape: shape(0, { requests: { "nvidia.com/gpu": 1, pods: 1 } }) });
        return { nodes: [node("a", { flavor: "t1-45", createdAt: now })], pods: [gpu] };
      },
    ],
  ])("is not, while the scheduler %s", (_why, input) => {
    expect(reportsAt(at, input).flat()).toEqual([]);
  });
});
