import { createServer, type Server } from "node:http";
import { type AddressInfo } from "node:net";
import { catalogueUrl, readConfig } from "../../autoscaler/config";
import { decide } from "../../autoscaler/decision/decide";
import { readJobState, showJobs } from "../../autoscaler/observability/job-states";
import { FailedNodes, waitingPools } from "../../autoscaler/cloud/failed-nodes";
import { DecisionMetrics } from "../../autoscaler/observability/decision-metrics";
import { createMetrics } from "../../autoscaler/observability/metrics";
import { type Node, type Snapshot } from "../../autoscaler/state/model";
import { emptyHistory } from "../../autoscaler/state/history";
import { type OvhNode } from "../../autoscaler/cloud/ovh";
import { Prices } from "../../autoscaler/cloud/prices";
import { type RawJob } from "../../autoscaler/state/raw";
import { type Rules } from "../../autoscaler/state/rules";
import { node, now, pod, pods, pool, rules, snapshot } from "./build";

const instance = (planCode: string, price: number) => ({
  planCode,
  pricings: [{ price, capacities: ["consumption"], intervalUnit: "none" }],
  blobs: { technical: { cpu: { cores: 4 }, memory: { size: 15 } } },
});

const catalogue = {
  locale: { currencyCode: "EUR", subsidiary: "FR" },
  addons: [
    instance("c2-15.consumption", 17_400_000),
    instance("c2-30.consumption", 34_800_000),
    instance("c2-30.consumption.3AZ", 31_600_000),
    { planCode: "storage.consumption", pricings: [{ price: 1, capacities: ["consumption"] }] },
  ],
};

describe("prices", () => {
  let server: Server;
  let status: number;
  let url: string;
  beforeEach(async () => {
    status = 200;
    server = createServer((_request, response) => response.writeHead(status).end(JSON.stringify(catalogue)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  async function run(prices: Prices, until: () => boolean): Promise<void> {
    const stop = new AbortController();
    const running = prices.run(stop.signal);
    while (!until()) await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await running;
  }

  test("of the configuration come first", async () => {
    const prices = new Prices(url, { "c2-15": 0.1, own: 1 }, false, () => undefined);
    expect(prices.list).toEqual({ prices: { "c2-15": 0.1, own: 1 }, currency: undefined });
    await run(prices, () => prices.list.currency === "EUR");
    expect(prices.list.prices).toEqual({ "c2-15": 0.1, "c2-30": 0.348, own: 1 });
  });

  test("of a region with three zones are the catalogue's for it, where it has some", async () => {
    const prices = new Prices(url, {}, true, () => undefined);
    await run(prices, () => prices.list.currency === "EUR");
    expect(prices.list.prices).toEqual({ "c2-15": 0.174, "c2-30": 0.316 });
  });

  test("that cannot be read do no harm, and are told", async () => {
    status = 500;
    const errors: string[] = [];
    const prices = new Prices(url, {}, false, (error) => errors.push(error));
    await run(prices, () => errors.length > 0);
    expect(errors).toEqual([`the prices at ${url}: HTTP 500; nodes go by size meanwhile`]);
    expect(prices.list.prices).toEqual({});
  });

  test("come from OVHcloud's API unless told otherwise", () => {
    const config = readConfig(undefined);
    expect(catalogueUrl(config)).toBe("https://eu.api.ovh.com/1.0/order/catalog/public/cloud?ovhSubsidiary=FR");
    expect(catalogueUrl({ ...config, prices: { ...config.prices, catalog: "none" } })).toBeUndefined();
  });
});

describe("nodes that never joined", () => {
  const machines = (nodes: OvhNode[] | Error, wanted = ["compute"]) => {
    const seen = { changes: 0, errors: [] as string[] };
    const ovh = { nodesOf: () => (nodes instanceof Error ? Promise.reject(nodes) : Promise.resolve(nodes)) };
    return {
      seen,
      machines: new FailedNodes(
        ovh,
        () => wanted,
        () => seen.changes++,
        (error) => seen.errors.push(error),
      ),
    };
  };
  const ovhNode = (id: string, status: string): OvhNode => ({ id, instanceId: `i-${id}`, name: id, status });
  const failedOf = (of: FailedNodes): unknown => of.complete(snapshot({})).pools[0]?.failed;

  test("are found by their status", async () => {
    const { machines: found, seen } = machines([
      ovhNode("a", "READY"),
      ovhNode("b", "FLAVOR_OUT_OF_STOCK_ERROR"),
      ovhNode("c", "INSTALLING"),
    ]);
    expect(await found.look()).toBe(true);
    expect(found.complete(snapshot({})).pools).toMatchObject([
      { failed: ["openstack:///i-b"], problem: "1 of its nodes: FLAVOR_OUT_OF_STOCK_ERROR" },
    ]);
    await found.look();
    expect(seen.changes).toBe(1);
  });

  test("are forgotten when they are removed, or when nothing is wanted any more", async () => {
    const wanted = ["compute"];
    const { machines: found } = machines([ovhNode("b", "ERROR")], wanted);
    await found.look();
    found.forget("compute");
    expect(failedOf(found)).toBeUndefined();
    await found.look();
    expect(failedOf(found)).toBeDefined();
    wanted.pop();
    await found.look();
    expect(failedOf(found)).toBeUndefined();
  });

  test("an API that does not answer changes nothing", async () => {
    const { machines: found, seen } = machines(new Error("HTTP 429"));
    expect(await found.look()).toBe(false);
    expect(seen).toEqual({ changes: 0, errors: ["looking for failed nodes: HTTP 429"] });
  });

  test("are looked for in pools that lack nodes only", () => {
    expect(waitingPools(snapshot({ nodes: [node("a")], pools: [pool({ desired: 1 })] }))).toEqual([]);
    expect(waitingPools(snapshot({ nodes: [node("a")], pools: [pool({ desired: 2 })] }))).toEqual(["compute"]);
  });
});

describe("metrics", () => {
  const prices = { prices: { "c2-15": 0.5 }, currency: "EUR" };
  const meterAll = (...snapshots: Snapshot[]) => meterWith({ ...rules, billing: "hourly" }, ...snapshots);
  async function meterWith(given: Rules, ...snapshots: Snapshot[]) {
    const metrics = createMetrics();
    const meter = new DecisionMetrics(metrics);
    let history = emptyHistory;
    const transitions = snapshots.flatMap((one) => {
      const decision = decide(one, history, given);
      const found = meter.take(one, history, decision, 0.004, given, prices);
      history = decision.history;
      return found;
    });
    return { text: await metrics.text(), transitions };
  }
  const working = (at: number, ...names: string[]) =>
    snapshot({
      now: at,
      nodes: names.map((name) => node(name)),
      pods: [pod(1000, { node: "a" })],
      pools: [pool({ desired: names.length })],
    });

  test("show the pools, and their changes with the reason", async () => {
    const { text, transitions } = await meterAll(snapshot({}), snapshot({ now: now + 1000, pods: pods(3) }));
    expect(transitions).toEqual([{ pool: "compute", from: "resting", to: "growing", why: "pods wait" }]);
    expect(text).toContain('mks_autoscaler_pool_state{pool="compute",state="growing"} 1\n');
    expect(text).toContain('mks_autoscaler_pool_state{pool="compute",state="resting"} 0\n');
    expect(text).toContain("mks_autoscaler_pending_pods 3\n");
    expect(text).toContain('mks_autoscaler_decisions_total{decision="resize"} 1\n');
    expect(text).toContain('mks_autoscaler_decision_duration_seconds_bucket{le="0.005"} 2\n');
    expect(text).toContain('mks_autoscaler_decision_duration_seconds_bucket{le="0.0025"} 0\n');
    expect(text).toContain('mks_autoscaler_decision_duration_seconds_bucket{le="+Inf"} 2\n');
  });

  test("tell nothing of pods and pools any more once another replica leads, but keep what they counted", async () => {
    const metrics = createMetrics();
    const meter = new DecisionMetrics(metrics);
    const input = snapshot({ pods: pods(3) });
    meter.take(input, emptyHistory, decide(input, emptyHistory, rules), 0.004, rules, prices);
    expect(await metrics.text()).toMatch(/^mks_autoscaler_pool_desired_nodes\{/m);
    meter.clear();
    expect(await metrics.text()).not.toMatch(/^mks_autoscaler_(pool_|pending_|patient_)\w+(\{|\s)/m);
    expect(await metrics.text()).toContain('mks_autoscaler_decisions_total{decision="resize"} 1\n');
  });

  test("count the time that nodes are busy and idle", async () => {
    const { text } = await meterAll(working(now, "a", "b"), working(now + 30_000, "a", "b"));
    expect(text).toContain('mks_autoscaler_node_seconds_total{pool="compute",state="busy"} 30\n');
    expect(text).toContain('mks_autoscaler_node_seconds_total{pool="compute",state="idle"} 30\n');
  });

  test("count each clock hour that begins, and what it costs", async () => {
    const hour = now + 3_600_000;
    const { text } = await meterAll(working(hour - 60_000, "a"), working(hour - 30_000, "a", "b"), working(hour + 1, "a", "b"));
    // One for b, which was new, and one for each of the two as the hour begins.
    expect(text).toContain('mks_autoscaler_node_hours_total{pool="compute"} 3\n');
    expect(text).toContain('mks_autoscaler_cost_total{pool="compute",currency="EUR"} 1.5\n');
  });

  const total = (text: string, name: string): number => Number(new RegExp(`^mks_autoscaler_${name}\\{.*\\} (.*)$`, "m").exec(text)![1]);

  test("by the second count a node from its order on, and what it costs", async () => {
    const waiting = pods(1);
    const one = (at: number, rest: Partial<Snapshot>) => snapshot({ now: now + at, pods: waiting, pools: [pool({ desired: 1 })], ...rest });
    const joined = node("a", { ready: false, createdAt: now + 95_000 });
    const { text } = await meterWith(
      rules,
      snapshot({ pods: waiting }),
      one(10_000, {}),
      one(100_000, { nodes: [joined] }),
      one(190_000, { nodes: [{ ...joined, ready: true }] }),
    );
    expect(total(text, "node_hours_total")).toBeCloseTo(190 / 3600, 6);
    expect(total(text, "cost_total")).toBeCloseTo((0.5 * 190) / 3600, 6);
  });

  test("by the second count a node for a minute at least", async () => {
    const fresh = node("a", { createdAt: now + 1000 });
    const at = (time: number, all: readonly Node[]) => snapshot({ now: now + time, nodes: all, pools: [pool({ desired: all.length })] });
    const { text } = await meterWith(rules, at(0, []), at(5000, [fresh]), at(10_000, [fresh]), at(15_000, []));
    expect(total(text, "node_hours_total")).toBeCloseTo(60 / 3600, 6);
  });

  test("show how long an idle node is kept, and why", async () => {
    const idle = snapshot({ nodes: [node("a")], pools: [pool({ desired: 1 })] });
    const busy = { ...idle, now: now - 1000, pods: [pod(1000, { node: "a" })] };
    const { text, transitions } = await meterWith({ ...rules, scaleDownDelay: "auto" }, busy, idle);
    expect(transitions).toMatchObject([
      {
        from: "working",
        to: "idle",
        why: "all pods have finished; idle nodes are kept for 10 s, where a boot costs 375 s: work has not come again yet",
      },
    ]);
    expect(text).toContain('mks_autoscaler_pool_idle_wait_seconds{pool="compute",why="nothing-known"} 10\n');
    expect((await meterWith(rules, idle)).text).not.toMatch(/^mks_autoscaler_pool_idle_wait_seconds\{/m);
  });

  test("count pods that ran out of memory from zero on, in each namespace that has Jobs", async () => {
    const metrics = createMetrics();
    const job = { metadata: { name: "a", namespace: "batch", uid: "a" } } as RawJob;
    showJobs(metrics, [readJobState(job)]);
    expect(await metrics.text()).toContain('mks_autoscaler_out_of_memory_pods_total{namespace="batch"} 0\n');
    metrics.increase("mks_autoscaler_out_of_memory_pods_total", { namespace: "batch" });
    showJobs(metrics, [readJobState(job)]);
    expect(await metrics.text()).toContain('mks_autoscaler_out_of_memory_pods_total{namespace="batch"} 1\n');
  });

  test("count the Jobs of each namespace by their state, and the indexes that failed for good", async () => {
    const metrics = createMetrics();
    const job = (namespace: string, conditions: readonly string[], rest: Partial<RawJob> = {}): RawJob => ({
      metadata: { name: "job", namespace, uid: "u", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" },
      ...rest,
      status: { ...rest.status, conditions: conditions.map((type) => ({ type, status: "True" })) },
    });
    const jobs = [
      job("batch", []),
      job("batch", ["Suspended"], { spec: { suspend: true } }),
      job("batch", [], { status: { failedIndexes: "1,3-5" } }),
      job("batch", ["FailureTarget", "Failed"], { status: { failedIndexes: "0" } }),
      job("other", ["Complete"]),
    ];
    showJobs(metrics, jobs.map(readJobState));
    const shown = async () => (await metrics.text()).match(/^mks_autoscaler_jobs?(_failed_indexes)?\{.*$/gm);
    expect(await shown()).toEqual([
      'mks_autoscaler_jobs{namespace="batch",state="active"} 2',
      'mks_autoscaler_jobs{namespace="batch",state="suspended"} 1',
      'mks_autoscaler_jobs{namespace="batch",state="succeeded"} 0',
      'mks_autoscaler_jobs{namespace="batch",state="failed"} 1',
      'mks_autoscaler_jobs{namespace="other",state="active"} 0',
      'mks_autoscaler_jobs{namespace="other",state="suspended"} 0',
      'mks_autoscaler_jobs{namespace="other",state="succeeded"} 1',
      'mks_autoscaler_jobs{namespace="other",state="failed"} 0',
      'mks_autoscaler_job_failed_indexes{namespace="batch"} 5',
      'mks_autoscaler_job_failed_indexes{namespace="other"} 0',
    ]);
    // Jobs that are gone are not counted any more.
    showJobs(metrics, []);
    expect(await shown()).toBeNull();
  });
});
