import { Metrics, processMetrics } from "../../service/metrics";

const create = (): Metrics =>
  new Metrics({
    things_total: { type: "counter", help: "Things.", labels: ["kind"] },
    calls_total: { type: "counter", help: "Calls." },
    size: { type: "gauge", help: "Size." },
    sizes: { type: "gauge", help: "Sizes.", labels: ["of", "unit"] },
    wait_seconds: { type: "histogram", help: "Waits.", buckets: [0.1, 1] },
    step_seconds: { type: "histogram", help: "Steps.", labels: ["step"], buckets: [1, 10] },
  });

/** The samples of a metric, without its help and type. */
const samplesOf = async (metrics: Metrics, name: string): Promise<string[]> =>
  (await metrics.text()).split("\n").filter((line) => line.startsWith(name));

test("are written as Prometheus reads them", async () => {
  const metrics = new Metrics({ things_total: { type: "counter", help: "Things.", labels: ["kind"] } });
  metrics.increase("things_total", { kind: 'a "quoted"\nline' });
  metrics.increase("things_total", { kind: 'a "quoted"\nline' }, 2);
  expect(await metrics.text()).toBe(
    '# HELP things_total Things.\n# TYPE things_total counter\nthings_total{kind="a \\"quoted\\"\\nline"} 3\n',
  );
});

test("a gauge has no value before it is set, and none after it was cleared", async () => {
  const metrics = create();
  expect(await samplesOf(metrics, "size")).toEqual([]);
  metrics.set("size", {}, 3);
  metrics.set("sizes", { of: "a", unit: "m" }, 1);
  metrics.increase("sizes", { of: "a", unit: "m" });
  metrics.increase("sizes", { of: "b", unit: "m" }, 0);
  expect(await samplesOf(metrics, "size")).toEqual(["size 3", 'sizes{of="a",unit="m"} 2', 'sizes{of="b",unit="m"} 0']);
  metrics.clear("size");
  metrics.clear("sizes");
  expect(await samplesOf(metrics, "size")).toEqual([]);
});

test("counters and histograms without labels start at zero, so that the first increase is seen", async () => {
  const metrics = create();
  expect(await samplesOf(metrics, "calls_total")).toEqual(["calls_total 0"]);
  expect(await samplesOf(metrics, "wait_seconds_count")).toEqual(["wait_seconds_count 0"]);
  expect(await samplesOf(metrics, "things_total")).toEqual([]);
  metrics.increase("things_total", { kind: "a" }, 0);
  expect(await samplesOf(metrics, "things_total")).toEqual(['things_total{kind="a"} 0']);
});

test("a histogram counts what is within each bound", async () => {
  const metrics = create();
  for (const value of [0.5, 1, 20]) metrics.observe("step_seconds", { step: "boot" }, value);
  expect(await samplesOf(metrics, "step_seconds")).toEqual([
    'step_seconds_bucket{le="1",step="boot"} 2',
    'step_seconds_bucket{le="10",step="boot"} 2',
    'step_seconds_bucket{le="+Inf",step="boot"} 3',
    'step_seconds_sum{step="boot"} 21.5',
    'step_seconds_count{step="boot"} 3',
  ]);
});

test("a wrong name, kind or label is an error", () => {
  const metrics = create();
  expect(() => metrics.set("unknown", {}, 1)).toThrow("the metric unknown is not defined");
  expect(() => metrics.set("things_total", { kind: "a" }, 1)).toThrow("the metric things_total is not a gauge");
  expect(() => metrics.increase("wait_seconds")).toThrow("the metric wait_seconds is not a counter or gauge");
  expect(() => metrics.observe("size", {}, 1)).toThrow("the metric size is not a histogram");
  expect(() => metrics.clear("calls_total")).toThrow("the metric calls_total is not a gauge");
  expect(() => metrics.increase("things_total", { colour: "red" })).toThrow("colour");
  expect(() => metrics.increase("calls_total", {}, -1)).toThrow("decrease");
});

test("the process tells its memory, as it is when it is asked", async () => {
  const metrics = new Metrics(processMetrics);
  const spy = jest.spyOn(process.memoryUsage, "rss").mockReturnValueOnce(1000).mockReturnValueOnce(2000);
  try {
    expect(await samplesOf(metrics, "process_")).toEqual(["process_resident_memory_bytes 1000"]);
    expect(await samplesOf(metrics, "process_")).toEqual(["process_resident_memory_bytes 2000"]);
  } finally {
    spy.mockRestore();
  }
});

test("two programs' metrics do not meet", async () => {
  create().increase("calls_total");
  expect(await samplesOf(create(), "calls_total")).toEqual(["calls_total 0"]);
});
