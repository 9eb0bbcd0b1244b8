import { definitions as ofAutoscaler } from "../../autoscaler/observability/metrics";
import { definitions as ofBatchController } from "../../controller/metrics";
import { dashboards, expressionsOf, metricNames, rules } from "./expressions";
import { ofKarpenter, ofProvider } from "./karpenter-metrics";

/** Kinds of the metrics of the autoscaler, the batch controller and the Karpenter provider, by name. */
const exported = new Map<string, string>([
  ...Object.entries({ ...ofAutoscaler, ...ofBatchController }).map(([name, { type }]) => [name, type] as const),
  ...ofProvider,
]);
const recorded = new Set(rules.flatMap((rule) => ("record" in rule ? [rule.record] : [])));
/** What others export: Prometheus itself, kubelets, the samples. test/e2e/metrics/alerts.ts asks a real Prometheus for them. */
const foreign = new Set([
  "up",
  "ALERTS",
  "container_cpu_usage_seconds_total",
  "container_memory_working_set_bytes",
  "container_oom_events_total",
  "http_requests_total",
  // test/e2e/queue.test.ts asks a real KEDA for them, but for the last one.
  "keda_scaler_metrics_value",
  "keda_scaled_job_errors_total",
  "keda_scaled_object_errors_total",
  // test/e2e/karpenter.test.ts asks a real Karpenter for some of them.
  ...ofKarpenter,
]);

const base = (name: string): string => name.replace(/_bucket$/, "");
const exists = (name: string): boolean =>
  recorded.has(name) || foreign.has(name) || exported.has(name) || exported.get(base(name)) === "histogram";

test.each([
  ["sum by (pool, state) (rate(a_total{pool=~\"$pool\",x='y'}[$__rate_interval])) / 60", ["a_total"]],
  ["histogram_quantile(0.99, sum by (le) (rate(b_bucket[5m])))", ["b_bucket"]],
  ["(ns:jobs:max == 1) * on () group_left () c > 0 or d offset 5m", ["ns:jobs:max", "c", "d"]],
  ['up{job="not_a_metric"} and on (instance) e', ["up", "e"]],
])("the metrics of %s are found", (expression, names) => expect(metricNames(expression)).toEqual(names));

describe.each(dashboards.map(({ name, dashboard }) => [name, dashboard] as const))("%s", (_name, dashboard) => {
  const expressions = expressionsOf(dashboard);

  it("uses metrics that the programs of this project or others export, or the rules record", () => {
    const queries = dashboard.templating.list.map(({ query }) => (typeof query === "string" ? query : query.query));
    const variables = queries.flatMap((query) => /^label_values\((\w+)/.exec(query)?.slice(1) ?? []);
    const used = [...expressions.flatMap(metricNames), ...variables];
    expect(expressions.filter((expression) => metricNames(expression).length === 0)).toEqual([]);
    expect(used.filter((name) => !exists(name))).toEqual([]);
  });

  it("shows counters as rates or as sums, gauges as they are", () => {
    const counters = expressions.flatMap((expression) => [...expression.matchAll(/(?:rate|increase)\((\w+)/g)].map(([, name]) => name!));
    expect(counters).not.toEqual([]);
    for (const name of counters) expect([name, exported.get(base(name))]).not.toEqual([name, "gauge"]);
  });

  it("has panels that neither overlap nor share an id", () => {
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});

test("dashboards have ids of their own", () => {
  expect(new Set(dashboards.map(({ dashboard }) => dashboard.uid)).size).toBe(dashboards.length);
});

test("the provider's metrics are found in its source", () => {
  expect(ofProvider.get("karpenter_ovhcloud_nodes")).toBe("gauge");
  expect(ofProvider.get("karpenter_ovhcloud_offering_refusals_total")).toBe("counter");
  expect(ofProvider.get("karpenter_ovhcloud_api_request_duration_seconds")).toBe("histogram");
});

test("every metric of the autoscaler, the batch controller and the Karpenter provider is on a dashboard, as it is or as the rules record it", () => {
  const shown = dashboards.flatMap(({ dashboard }) => expressionsOf(dashboard)).flatMap(metricNames);
  const behind = rules.flatMap((rule) => ("record" in rule && shown.includes(rule.record) ? metricNames(rule.expr) : []));
  const used = new Set([...shown, ...behind].map(base));
  expect([...exported.keys()].filter((name) => !used.has(name))).toEqual([]);
});

test("rules use metrics that exist", () => {
  expect(rules.flatMap(({ expr }) => metricNames(expr)).filter((name) => !exists(name))).toEqual([]);
});
