import pino from "pino";
import { Controller } from "../../autoscaler/controller";
import { ClusterError } from "../../kubernetes/cluster";
import { DecisionMetrics } from "../../autoscaler/observability/decision-metrics";
import { createMetrics } from "../../autoscaler/observability/metrics";
import { type Snapshot } from "../../autoscaler/state/model";
import { type Action } from "../../autoscaler/state/action";
import { OvhError } from "../../common/ovh/errors";
import { UncertainRemoval } from "../../autoscaler/cloud/ovh";
import { draining, namedRules, node, now, pod, pods, pool, shape, snapshot } from "./build";

// The clock is held: it goes on with the rounds of a test only, so that what is asked for does not depend on the machine.
jest.mock("node:timers/promises", () => ({
  setTimeout: (delay: number, value: unknown, { signal }: { signal?: AbortSignal } = {}) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, delay, value);
      const stop = () => (clearTimeout(timer), reject(new Error("aborted")));
      if (signal?.aborted) stop();
      else signal?.addEventListener("abort", stop);
    }),
}));
beforeEach(() => void jest.useFakeTimers({ doNotFake: ["nextTick", "queueMicrotask", "setImmediate"], now }));
afterEach(() => void jest.useRealTimers());

const [batchWindow, resync] = [1, 5];
/** Lets a change have its decision and actions, and no more: time enough for the batch window, too short for the next round. */
const pass = () => jest.advanceTimersByTimeAsync(resync - batchWindow);

/** One drained node, which is to be removed by name. */
const drained: Partial<Snapshot> = { nodes: [draining("a", 120_000)], pools: [pool({ desired: 1 })] };

/** A controller that sees what `view` is at the time, and the actions that it carries out. */
function controller(carryOut: (action: Action) => Promise<string>, view: Partial<Snapshot> = drained) {
  const metrics = createMetrics();
  const one = { view, term: 1, acted: [] as Action[], told: [] as string[] };
  const running = new Controller({
    caches: { synced: () => true, snapshot: () => snapshot(one.view) },
    actor: {
      carryOut: (action) => {
        one.acted.push(action);
        return carryOut(action);
      },
    },
    events: { tell: (_type, code) => Promise.resolve(one.told.push(code) > 0) },
    metrics,
    decisionMetrics: new DecisionMetrics(metrics),
    log: pino({ level: "silent" }),
    leading: () => true,
    term: () => one.term,
    rules: () => namedRules,
    prices: () => ({ prices: {}, currency: undefined }),
    now: () => one.view.now ?? now,
    batchWindow,
    resync,
    dryRun: false,
  });
  return Object.assign(one, { running });
}

type One = ReturnType<typeof controller>;

/** Lets the controller decide until `done`, or as often as this. */
async function decide({ running }: One, rounds: number, done = (): boolean => false): Promise<void> {
  const stop = new AbortController();
  const ended = running.run(stop.signal);
  for (let i = 0; i < rounds && !done(); i++) {
    running.changed();
    await pass();
  }
  stop.abort();
  await ended;
}

/** Long enough for every wait after a failure. */
const many = 2500;

const of = ({ acted }: One, type: Action["type"]): Action[] => acted.filter((action) => action.type === type);

describe("a removal by name", () => {
  test("that was carried out is not asked for again", async () => {
    const one = controller(() => Promise.resolve("done"));
    await decide(one, 10);
    expect(one.acted).toHaveLength(1);
  });

  test.each([
    ["was called off", () => Promise.resolve("called off: the pod batch/p is on the node a")],
    ["was refused for too many requests", () => Promise.reject(new OvhError(429, "", "too many"))],
    ["met another size of the pool", () => Promise.reject(new OvhError(409, "", "is being brought to 0 nodes"))],
    ["never reached the API", () => Promise.reject(new Error("no connection"))],
    ["could not be checked", () => Promise.reject(new ClusterError("forbidden", 403))],
  ])("that %s is asked for again soon", async (_what, outcome) => {
    const one = controller(outcome);
    await decide(one, many, () => one.acted.length > 1);
    expect(one.acted.slice(0, 2)).toMatchObject([
      { type: "remove", nodes: [{ name: "a" }] },
      { type: "remove", nodes: [{ name: "a" }] },
    ]);
  });

  test("whose answer was lost may be at work: its node gets no pods, and is not asked to go again", async () => {
    const one = controller(() => Promise.reject(new UncertainRemoval("no answer")));
    await decide(one, 60);
    expect(one.acted).toHaveLength(1);
  });

  test("tells people of a refusal, but not of a change that only has to be seen", async () => {
    const refused = controller(() => Promise.reject(new OvhError(429, "", "too many")));
    await decide(refused, many, () => refused.told.length > 0);
    expect(refused.told[0]).toBe("ScaleDownFailed");
    const changed = controller(() => Promise.reject(new OvhError(409, "", "is being brought to 0 nodes")));
    await decide(changed, many, () => changed.acted.length > 1);
    expect(changed.told).toEqual([]);
  });

  test("that takes its time holds up no other pool's pods, but all of its own pool", async () => {
    let answer = (_outcome: string): void => undefined;
    const slow = new Promise<string>((resolve) => (answer = resolve));
    const other = pool({ name: "other", uid: "other" });
    const one = controller(({ type }) => (type === "remove" ? slow : Promise.resolve("done")), {
      ...drained,
      pools: [pool({ desired: 1 }), other],
    });
    await decideUntil(
      one,
      () => of(one, "remove").length === 1,
      async () => {
        const elsewhere = pod(1000, { shape: shape(1000, { nodeSelector: { nodepool: "other" } }) });
        one.view = { ...one.view, pods: [...pods(9), elsewhere] };
        await until(one, () => of(one, "resize").length > 0);
        expect(of(one, "resize").every((action) => "pool" in action && action.pool?.name === "other")).toBe(true);
        answer("called off: a pod is on it");
        await until(one, () => of(one, "uncordon").length > 0);
      },
    );
  });
});

test("a condition that cannot be written holds up no order", async () => {
  const refused = pool({ desired: 3, problem: "QuotaExceeded", granted: 0, orderedAt: now });
  const one = controller(
    ({ type }) => (type === "condition" ? Promise.reject(new ClusterError("forbidden", 403)) : Promise.resolve("done")),
    {
      pods: pods(9),
      pools: [refused],
    },
  );
  await decide(one, many, () => of(one, "condition").length > 0);
  one.view = { ...one.view, pools: [refused, pool({ name: "other", uid: "other", labels: { nodepool: "compute" } })] };
  await decide(one, many, () => of(one, "resize").length > 0);
  expect(of(one, "resize")[0]).toMatchObject({ pool: { name: "other" } });
});

/** Lets the controller decide until `first`, then does something with it while it goes on. */
async function decideUntil(one: One, first: () => boolean, then: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const ended = one.running.run(stop.signal);
  try {
    await until(one, first);
    await then();
  } finally {
    stop.abort();
    await ended;
  }
}

async function until({ running }: One, holds: () => boolean): Promise<void> {
  while (!holds()) {
    running.changed();
    await pass();
  }
}

describe("a size that the API refuses", () => {
  const refuse = (action: Action): Promise<string> =>
    action.type === "resize" && action.pool.name === "compute"
      ? Promise.reject(new ClusterError("the webhook said no", 422))
      : Promise.resolve("done");
  const anywhere = shape(3000, { nodeSelector: {} });

  test("is not asked for with every change, and the next pool gets the pods", async () => {
    const other = pool({ name: "other", uid: "other", flavor: "c2-30" });
    const one = controller(refuse, { pods: [pod(3000, { shape: anywhere })], pools: [pool(), other] });
    await decide(one, many, () => of(one, "resize").some((action) => "pool" in action && action.pool?.name === "other"));
    expect(of(one, "resize")).toMatchObject([{ pool: { name: "compute" } }, { pool: { name: "other" } }]);
    await decide(one, 60);
    // The other pool's order stays without effect here, and is repeated.
    expect(of(one, "resize").filter((action) => "pool" in action && action.pool?.name === "compute")).toHaveLength(1);
  });

  test("is told to the Jobs that wait for it", async () => {
    const one = controller(refuse, { pods: [pod(3000)] });
    await decide(one, many, () => one.told.length > 0);
    expect(one.told[0]).toBe("PoolBlocked");
  });

  test("keeps nothing else from being done", async () => {
    const nodes = [
      draining("idle", 120_000, { pool: "other", labels: { nodepool: "other" } }),
      draining("busy", 120_000, { pool: "third", labels: { nodepool: "third" } }),
    ];
    const pools = [pool(), pool({ name: "other", uid: "other", desired: 1 }), pool({ name: "third", uid: "third", desired: 1 })];
    const working = pod(1000, { node: "busy", shape: shape(1000, { nodeSelector: { nodepool: "third" } }) });
    const one = controller(refuse, { pods: [pod(), working], nodes, pools });
    await decide(one, many, () => of(one, "remove").length > 0 && of(one, "uncordon").length > 0);
    expect(of(one, "remove")).toMatchObject([{ pool: { name: "other" } }]);
    expect(of(one, "uncordon")[0]).toMatchObject({ node: "busy" });
  });
});

test("a replica that leads again after others may have does not go by what it remembers", async () => {
  const one = controller(() => Promise.resolve("done"), { pods: pods(80, 3500), pools: [pool({ max: 200 })] });
  await decide(one, many, () => one.acted.length > 0);
  expect(one.acted[0]).toMatchObject({ type: "resize", desired: 80 });
  // Three hours later another leader has just ordered 80 nodes, of which none has come.
  const later = now + 3 * 3_600_000;
  one.view = { now: later, pods: pods(80, 3500), pools: [pool({ max: 200, desired: 80, orderedAt: later - 5_000 })] };
  one.term = 2;
  one.acted.length = 0;
  await decide(one, 20);
  expect(one.acted).toEqual([]);
  // The same in one term: its own orders are given up.
  one.view = { ...one.view, now: later + 3_600_000, nodes: [node("a")] };
  await decide(one, many, () => one.acted.length > 0);
  expect(one.acted[0]).toMatchObject({ type: "resize" });
});
