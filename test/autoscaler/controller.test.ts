import pino from "pino";
import { ApiError } from "../../autoscaler/kube/client";
import { Controller } from "../../autoscaler/controller";
import { Meter } from "../../autoscaler/meter";
import { createMetrics } from "../../autoscaler/metrics";
import { type Action } from "../../autoscaler/model";
import { OvhError } from "../../autoscaler/ovh";
import { draining, namedRules, now, pool, snapshot } from "./build";

/** A controller that sees one drained node, which is to be removed by name, and the removals that it carries out. */
function controller(outcome: () => Promise<string>) {
  const removed: Action[] = [];
  const told: string[] = [];
  const metrics = createMetrics();
  const view = { now, nodes: [draining("a", 120_000)], pools: [pool({ desired: 1 })] };
  const carryOut = (action: Action): Promise<string> => {
    removed.push(action);
    return outcome();
  };
  const running = new Controller({
    caches: { synced: () => true, snapshot: () => snapshot(view) },
    actor: { carryOut },
    events: { tell: (_type, code) => Promise.resolve(told.push(code) > 0) },
    metrics,
    meter: new Meter(metrics),
    log: pino({ level: "silent" }),
    leading: () => true,
    rules: () => namedRules,
    prices: () => ({ prices: {}, currency: undefined }),
    now: () => now,
    batchWindow: 1,
    resync: 5,
    dryRun: false,
  });
  return { running, removed, told };
}

/** Lets the controller decide until `done`, or as often as this. */
async function decide({ running }: ReturnType<typeof controller>, rounds: number, done = (): boolean => false): Promise<void> {
  const stop = new AbortController();
  const ended = running.run(stop.signal);
  for (let i = 0; i < rounds && !done(); i++) {
    running.changed();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  stop.abort();
  await ended;
}

/** Long enough for every wait after a failure. */
const many = 1000;

describe("a removal by name", () => {
  test("that was carried out is not asked for again", async () => {
    const one = controller(() => Promise.resolve("done"));
    await decide(one, 10);
    expect(one.removed).toHaveLength(1);
  });

  test.each([
    ["was called off", () => Promise.resolve("called off: the pod batch/p is on the node a")],
    ["was refused for too many requests", () => Promise.reject(new OvhError(429, "", "too many"))],
    ["met another size of the pool", () => Promise.reject(new OvhError(409, "", "is being brought to 0 nodes"))],
    ["could not be checked", () => Promise.reject(new ApiError(403, "", "forbidden", undefined))],
  ])("that %s is asked for again soon", async (_what, outcome) => {
    const one = controller(outcome);
    await decide(one, many, () => one.removed.length > 1);
    expect(one.removed).toMatchObject([
      { type: "remove", nodes: [{ name: "a" }] },
      { type: "remove", nodes: [{ name: "a" }] },
    ]);
  });

  test.each([
    ["was lost on the way", () => Promise.reject(new Error("no answer"))],
    ["ended in an error of the server", () => Promise.reject(new OvhError(500, "", "internal error"))],
  ])("whose answer %s may be at work: its node gets no pods, and is not asked to go again", async (_what, outcome) => {
    const one = controller(outcome);
    await decide(one, 60);
    expect(one.removed).toHaveLength(1);
  });

  test("tells people of a refusal, but not of a change that only has to be seen", async () => {
    const refused = controller(() => Promise.reject(new OvhError(429, "", "too many")));
    await decide(refused, many, () => refused.told.length > 0);
    expect(refused.told[0]).toBe("ScaleDownFailed");
    const changed = controller(() => Promise.reject(new OvhError(409, "", "is being brought to 0 nodes")));
    await decide(changed, many, () => changed.removed.length > 1);
    expect(changed.told).toEqual([]);
  });
});
