import { blockedCondition, toldBy, withCondition } from "../../../autoscaler/state/condition";
import { decide } from "../../../autoscaler/decision/decide";
import { type Pool } from "../../../autoscaler/state/model";
import { emptyHistory, type History } from "../../../autoscaler/state/history";
import { type Action } from "../../../autoscaler/state/action";
import { readPool } from "../../../autoscaler/state/snapshot";
import { now, pods, pool, rules, snapshot } from "../build";

const problem = "QuotaExceeded: 12 of 12 used";
const ordered = new Date(now).toISOString();

/** Decides about one pool at a time, in milliseconds after `now`; answers what its condition has to become. */
function decider() {
  let history: History = emptyHistory;
  return (later: number, given: Partial<Pool>, waiting = 9): Action[] => {
    const seen = snapshot({ now: now + later, pods: pods(waiting), pools: [pool(given)] });
    const decision = decide(seen, history, rules);
    history = decision.history;
    return decision.actions.filter(({ type }) => type === "condition");
  };
}

const refused: Partial<Pool> = { desired: 3, problem, granted: 0, orderedAt: now };

describe("the condition of a pool", () => {
  test("is written when OVHcloud refuses nodes that pods wait for, once, and again when it does not any more", () => {
    const decideAt = decider();
    expect(decideAt(0, {})).toEqual([]);
    expect(decideAt(1_000, refused)).toMatchObject([
      { pool: { name: "compute" }, blocked: problem, reason: `OVHcloud refuses it nodes: ${problem}` },
    ]);
    expect(decideAt(2_000, { ...refused, blocked: problem })).toEqual([]);
    expect(decideAt(60_000, { desired: 3, granted: 3, blocked: problem }, 0)).toMatchObject([{ blocked: undefined }]);
    expect(decideAt(61_000, { desired: 3, granted: 3 }, 0)).toEqual([]);
  });

  test("is not written over and over when somebody else drops it", () => {
    const decideAt = decider();
    const times = [];
    for (let second = 0; second < 120; second++) if (decideAt(second * 1_000, refused).length > 0) times.push(second);
    expect(times).toEqual([0, 30, 60, 90]);
  });

  test("is that of a pool that another life of the autoscaler has left", () => {
    expect(decider()(0, { blocked: problem }, 0)).toMatchObject([{ blocked: undefined }]);
  });

  test("says no more than can be read", () => {
    const [action] = decider()(0, { ...refused, problem: "x".repeat(5_000) });
    expect(action).toMatchObject({ blocked: "x".repeat(1_000) });
    expect(decider()(0, { ...refused, problem: "x".repeat(5_000), blocked: "x".repeat(1_000) })).toEqual([]);
  });

  test("is no reason for the autoscaler itself to take the pool for refused", () => {
    const raw = {
      metadata: { name: "compute", uid: "u", resourceVersion: "1", creationTimestamp: ordered },
      spec: { flavor: "b3-8" },
      status: { conditions: withCondition([], problem, now) },
    };
    expect(readPool(raw)).toMatchObject({ problem: undefined, blocked: problem });
  });

  test("stands beside those of others, and keeps its time as long as its status", () => {
    const other = { type: "Synced", status: "True", reason: "Synced", message: "", lastTransitionTime: "2026-01-01T00:00:00Z" };
    const first = withCondition([other], problem, now);
    const time = ordered.replace(".000", "");
    expect(first).toEqual([
      other,
      { type: blockedCondition, status: "True", reason: "NodesRefused", message: problem, lastTransitionTime: time },
    ]);
    expect(withCondition(first, "OutOfStock", now + 5_000)[1]).toMatchObject({ message: "OutOfStock", lastTransitionTime: time });
    const last = withCondition(first, undefined, now + 5_000);
    expect(last[1]).toMatchObject({ status: "False", reason: "NodesGranted", message: "" });
    expect(last[1]!.lastTransitionTime).not.toBe(time);
    expect([toldBy([other]), toldBy(first), toldBy(last)]).toEqual([undefined, problem, undefined]);
  });
});
