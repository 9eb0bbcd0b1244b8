type Kind = "counter" | "gauge";
type MetricLabels = Readonly<Record<string, string>>;

interface Family {
  readonly kind: Kind;
  readonly help: string;
  readonly values: Map<string, number>;
}

/** Metrics in Prometheus's text format. @see https://prometheus.io/docs/instrumenting/exposition_formats/ */
export class Metrics {
  private readonly families = new Map<string, Family>();

  define(kind: Kind, name: string, help: string): void {
    this.families.set(name, { kind, help, values: new Map() });
  }

  set(name: string, labels: MetricLabels, value: number): void {
    this.family(name).values.set(labelText(labels), value);
  }

  increase(name: string, labels: MetricLabels = {}, by = 1): void {
    const { values } = this.family(name);
    const key = labelText(labels);
    values.set(key, (values.get(key) ?? 0) + by);
  }

  /** Forgets all values of a metric, such as those of a pool that may be gone. */
  clear(name: string): void {
    this.family(name).values.clear();
  }

  text(): string {
    const lines = [...this.families].flatMap(([name, { kind, help, values }]) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${kind}`,
      ...[...values].map(([labels, value]) => `${name}${labels} ${value}`),
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

/** All metrics of the autoscaler, by name. */
export function createMetrics(): Metrics {
  const metrics = new Metrics();
  metrics.define("gauge", "mks_autoscaler_leader", "1 while this replica leads.");
  metrics.define("gauge", "mks_autoscaler_pending_pods", "Pods that wait for a node.");
  metrics.define("gauge", "mks_autoscaler_pool_desired_nodes", "Nodes that the pool is to have.");
  metrics.define("gauge", "mks_autoscaler_pool_nodes", "Nodes that the pool has.");
  metrics.define("gauge", "mks_autoscaler_pool_ready_nodes", "Nodes of the pool that are Ready.");
  metrics.define("gauge", "mks_autoscaler_pool_state", "1 for the state that the pool is in.");
  metrics.define("counter", "mks_autoscaler_actions_total", "Actions by type and outcome.");
  metrics.define("counter", "mks_autoscaler_api_errors_total", "Failed calls of the Kubernetes API by HTTP status, or network.");
  metrics.define("counter", "mks_autoscaler_decisions_total", "Decisions made.");
  metrics.define("counter", "mks_autoscaler_decision_seconds_total", "Time spent on decisions.");
  metrics.define("gauge", "process_resident_memory_bytes", "Resident memory size in bytes.");
  return metrics;
}
