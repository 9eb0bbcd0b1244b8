/**
 * What the programs in the cluster share (the node autoscaler, the batch controller): metrics, the server of their probes, Kubernetes Events.
 * It imports kubernetes/ and common/ only, and nothing that runs outside the cluster imports it.
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";

type Labels = Readonly<Record<string, string>>;

/** A metric, by the names of its labels. @see https://prometheus.io/docs/concepts/metric_types/ */
export type Definition = {
  readonly help: string;
  readonly labels?: readonly string[];
} & (
  | { readonly type: "counter" }
  | {
      readonly type: "gauge";
      /** Read each time that the metrics are. @default what was set last */
      readonly value?: () => number;
    }
  | {
      readonly type: "histogram";
      /** Upper bounds of the buckets, in the metric's unit. */
      readonly buckets: readonly number[];
    }
);

/** By their names. */
export type Definitions = Readonly<Record<string, Definition>>;

/** Of the process itself, for every program. */
export const processMetrics: Definitions = {
  process_resident_memory_bytes: { type: "gauge", help: "Resident memory size in bytes.", value: () => process.memoryUsage.rss() },
};

/**
 * A program's metrics. Only those that are defined exist: a wrong name, kind or label is an error. Counters and histograms without labels start at zero; a gauge
 * has no value before it is set.
 */
export class Metrics {
  private readonly registry = new Registry();

  constructor(definitions: Definitions) {
    for (const [name, definition] of Object.entries(definitions)) this.define(name, definition);
  }

  /** Sets a gauge. */
  set(name: string, labels: Labels, value: number): void {
    this.find(name, Gauge).set(labels, value);
  }

  /** Increases a counter or a gauge. By 0 it begins to be shown. */
  increase(name: string, labels: Labels = {}, by = 1): void {
    this.find<Increasable>(name, Counter, Gauge).inc(labels, by);
  }

  /** Adds a value to a histogram. */
  observe(name: string, labels: Labels, value: number): void {
    this.find(name, Histogram).observe(labels, value);
  }

  /** Forgets all values of a gauge, such as those of a pool that may be gone. */
  clear(name: string): void {
    const gauge = this.find(name, Gauge);
    gauge.reset();
    // The library sets a gauge without labels to zero, which would be a value, too.
    gauge.remove({});
  }

  /** Forgets one value of a gauge, such as that of a Job that has ended. */
  remove(name: string, labels: Labels): void {
    this.find(name, Gauge).remove(labels);
  }

  /** All metrics in Prometheus's text format. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  private define(name: string, definition: Definition): void {
    const { help, labels = [] } = definition;
    const common = { name, help, labelNames: [...labels], registers: [this.registry] };
    switch (definition.type) {
      case "counter":
        return void new Counter(common);
      case "histogram":
        return void new Histogram({ ...common, buckets: [...definition.buckets] });
      case "gauge": {
        const { value } = definition;
        const gauge: Gauge = new Gauge({ ...common, ...(value && { collect: () => gauge.set(value()) }) });
        return this.clear(name);
      }
    }
  }

  private find<T>(name: string, ...kinds: readonly (new (configuration: never) => T)[]): T {
    const metric: unknown = this.registry.getSingleMetric(name);
    if (metric === undefined) throw new Error(`the metric ${name} is not defined`);
    if (kinds.some((kind) => metric instanceof kind)) return metric as T;
    throw new Error(`the metric ${name} is not a ${kinds.map((kind) => kind.name.toLowerCase()).join(" or ")}`);
  }
}

interface Increasable {
  inc(labels: Labels, by: number): void;
}
