import { decide } from "../../../autoscaler/decision/decide";
import { type Node, type Snapshot } from "../../../autoscaler/state/model";
import { emptyHistory, type History } from "../../../autoscaler/state/history";
import { type Rules } from "../../../autoscaler/state/rules";
import { softTaint } from "../../../autoscaler/scale-down/soft-taint";
import { idle, namedRules, node, now, pod, pods, pool, rules, snapshot } from "../build";

const minute = 60_000;
const hourly: Rules = { ...namedRules, billing: "hourly", billingMargin: 2 * minute };
const tainted = (name: string, rest: Partial<Node> = {}): Node => node(name, { taints: [softTaint], ...rest });
const busy = (name: string) => pod(1000, { node: name, startedAt: now });
const longIdle = idle(5 * minute, "node/b");
const two = { nodes: [node("a"), node("b")], pools: [pool({ desired: 2 })], pods: [busy("a")] };

/** `now` is a full hour; the answer is what happens to which node. */
const at = (input: Partial<Snapshot>, history: History = longIdle, given: Rules = hourly, minutes = 10): string[] =>
  decide(snapshot({ now: now + minutes * minute, ...two, ...input }), history, given).actions.map((action) =>
    "node" in action ? `${action.type} ${action.node}` : action.type,
  );

describe("a node that has been idle for the delay, and stays until its hour ends,", () => {
  test("gets a soft taint while others work", () => {
    expect(at({})).toEqual(["taint b"]);
  });

  test("keeps it, also after a restart", () => {
    const nodes = [node("a"), tainted("b")];
    expect(at({ nodes })).toEqual([]);
    expect(at({ nodes }, emptyHistory)).toEqual([]);
  });

  test("loses it with the first pod", () => {
    const nodes = [tainted("a"), tainted("b")];
    expect(at({ nodes })).toEqual(["untaint a"]);
    expect(at({ nodes, pods: [busy("b")] })).toEqual(["untaint b"]);
  });

  test("can still take pods, so that no node is ordered for them", () => {
    const nodes = [node("a"), tainted("b")];
    expect(at({ nodes, pods: [busy("a"), ...pods(6)] })).toEqual(["untaint b"]);
    expect(at({ nodes, pods: [busy("a"), ...pods(2)] })).toEqual([]);
  });

  test("is cordoned instead when the hour is nearly over", () => {
    expect(at({}, longIdle, hourly, 58)).toEqual(["cordon b"]);
    expect(at({}, longIdle, namedRules)).toEqual(["cordon b"]);
  });
});

describe("there is no soft taint", () => {
  test.each<[string, Partial<Snapshot>, History, Rules]>([
    ["before the delay is over", {}, idle(30_000 - 10 * minute, "node/b"), hourly],
    ["where no node works that pods could go to instead", { pods: [] }, idle(5 * minute, "node/a", "node/b"), hourly],
    ["on nodes that the pool's minimum keeps", { pools: [pool({ desired: 2, min: 2 })] }, longIdle, hourly],
    ["without removal by name: OVHcloud would take any node", {}, longIdle, { ...rules, billing: "hourly" }],
    ["on nodes that somebody cordoned", { nodes: [node("a"), node("b", { cordoned: true })] }, longIdle, hourly],
  ])("%s", (_what, input, history, given) => expect(at(input, history, given)).toEqual([]));

  test("in a pool that OVHcloud's own autoscaler has taken over: it is taken away", () => {
    const nodes = [node("a"), tainted("b")];
    expect(at({ nodes, pools: [pool({ desired: 2, autoscale: true })] })).toEqual(["report", "untaint b"]);
  });
});
