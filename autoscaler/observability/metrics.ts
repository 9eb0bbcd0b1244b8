type Kind = "counter" | "gauge" | "histogram";
type MetricLabels = Readonly<Record<string, string>>;

interface Family {
  readonly kind: Kind;
  readonly help: string;
  /** Upper bounds of a histogram's buckets. */
  readonly buckets: readonly number[];
  readonly values: Map<string, number>;
  readonly observations: Map<string, { readonly labels: MetricLabels; readonly counts: number[]; sum: number; count: number }>;
}

/** Metrics in Prometheus's text format. @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
export class Metrics {
  private readonly families = new Map<string, Family>();

  define(kind: Kind, name: string, help: string, buckets: readonly number[] = []): void {
    this.families.set(name, { kind, help, buckets, values: new Map(), observations: new Map() });
  }

  set(name: string, labels: MetricLabels, value: number): void {
    this.family(name).values.set(labelText(labels), value);
  }

  increase(name: string, labels: MetricLabels = {}, by = 1): void {
    const { values } = this.family(name);
    const key = labelText(labels);
    values.set(key, (values.get(key) ?? 0) + by);
  }

  /** Takes a value into a histogram. */
  observe(name: string, labels: MetricLabels, value: number): void {
    const { observations, buckets } = this.family(name);
    const key = labelText(labels);
    let entry = observations.get(key);
    if (!entry) observations.set(key, (entry = { labels, counts: buckets.map(() => 0), sum: 0, count: 0 }));
    for (const [i, bound] of buckets.entries()) if (value <= bound) entry.counts[i]! += 1;
    entry.sum += value;
    entry.count += 1;
  }

  /** Forgets all values of a metric, such as those of a pool that may be gone. */
  clear(name: string): void {
    this.family(name).values.clear();
  }

  text(): string {
    const lines = [...this.families].flatMap(([name, { kind, help, buckets, values, observations }]) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${kind}`,
      ...[...values].map(([labels, value]) => `${name}${labels} ${value}`),
      ...[...observations].flatMap(([key, { labels, counts, sum, count }]) => [
        ...[...buckets.map(String), "+Inf"].map((le, i) => `${name}_bucket${labelText({ ...labels, le })} ${counts[i] ?? count}`),
        `${name}_sum${key} ${sum}`,
        `${name}_count${key} ${count}`,
      ]),
    ]);
    return lines.join("\n") + "\n";
  }

  private family(name: string): Family {
    const family = this.families.get(name);
    if (!family) throw new Error(`the metric ${name} is not defined`);
    return family;
  }
}

function labelText(labels: MetricLabels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n")}"`,
  );
  return pairs.length > 0 ? `{${pairs.join(",")}}` : "";
}

const gauges = {
  leader: "1 while this replica leads.",
  pending_pods: "Pods that wait for a node.",
  patient_pods: "Those of them that will start on nodes that there are, before a new node could be Ready.",
  pool_desired_nodes: "Nodes that the pool is to have.",
  pool_nodes: "Nodes that the pool has.",
  pool_ready_nodes: "Nodes of the pool that are Ready.",
  pool_busy_nodes: "Nodes of the pool with pods of value.",
  pool_broken_nodes: "Nodes of the pool that were given up.",
  pool_state: "1 for the state that the pool is in, 0 for the others.",
  pool_holding_pods: "1 for each pod of no Job that alone keeps a node which would be removed otherwise, by pool, node and pod.",
  pool_idle_wait_seconds:
    "How long the pool's next idle node is kept while billing is by the second, by pool and why: schedule, tasks-left, gaps, nothing-known.",
  pool_blocked: "1 while OVHcloud refuses the pool nodes.",
  jobs: "Jobs that exist, by namespace and state: active, suspended, succeeded, failed.",
  job_failed_indexes: "Indexes of these Jobs that failed for good, by namespace.",
} as const;

const counters = {
  decisions_total: "Decisions by what was decided: an action, or a report's code.",
  actions_total: "Actions by type and outcome.",
  pool_transitions_total: "Changes of the pools' states.",
  api_requests_total: "Calls of the Kubernetes API by verb, group and resource, as roles grant them.",
  api_errors_total: "Failed calls by API (kubernetes, ovh) and HTTP status, or network.",
  out_of_memory_pods_total: "Pods that ended since a container of theirs used more than its memory, by namespace.",
  node_seconds_total: "Time that nodes existed, by what they did: busy, idle, starting, broken.",
  node_hours_total:
    "Node hours that OVHcloud bills: the time from the order on, a minute at least, or with hourly billing the clock hours that have begun.",
  cost_total: "What these hours cost, by the price list.",
} as const;

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const histograms = {
  decision_duration_seconds: ["Time that a decision took.", seconds],
  order_latency_seconds: [
    "From the creation of the oldest pod that an order of nodes is for to the answered order.",
    [...seconds, 30, 60, 300],
  ],
  action_duration_seconds: ["Time that an action took.", seconds],
  node_boot_seconds: ["From the order of a node until it was Ready.", [10, 30, 60, 90, 120, 180, 240, 300, 450, 600, 900, 1200, 3600]],
} as const;

/** All metrics of the autoscaler, by name. */
export function createMetrics(): Metrics {
  const metrics = new Metrics();
  for (const [name, help] of Object.entries(gauges)) metrics.define("gauge", `mks_autoscaler_${name}`, help);
  for (const [name, help] of Object.entries(counters)) metrics.define("counter", `mks_autoscaler_${name}`, help);
  for (const [name, [help, buckets]] of Object.entries(histograms)) metrics.define("histogram", `mks_autoscaler_${name}`, help, buckets);
  metrics.define("gauge", "process_resident_memory_bytes", "Resident memory size in bytes.");
  return metrics;
}
