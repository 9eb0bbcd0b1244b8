import { parse } from "yaml";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseParameters } from "../../batch";
import { figures, veryLargeFigures } from "../../bench/large/figures";
import { jobFile } from "../../bench/large/job";
import { parseSamples, quantileOf, sumOf } from "../../bench/harness/prometheus";
import { type Run } from "../../bench/large/run";
import { countRises } from "../../bench/large/watch";
import { reached } from "../../bench/harness/result";

describe("Prometheus' text", () => {
  const text = `# HELP apiserver_request_total Counter of requests
# TYPE apiserver_request_total counter
apiserver_request_total{code="201",verb="POST",path="/a{b}"} 40
apiserver_request_total{code="500",verb="POST",note="a \\"quoted\\" }"} 2
apiserver_request_total{code="500",verb="GET"} 7 1700000000000
process_resident_memory_bytes 1.2e+08
lag_seconds_bucket{job="a",le="1"} 50
lag_seconds_bucket{job="a",le="5"} 90
lag_seconds_bucket{job="a",le="10"} 98
lag_seconds_bucket{job="a",le="+Inf"} 98
lag_seconds_bucket{job="b",le="1"} 0
lag_seconds_bucket{job="b",le="5"} 0
lag_seconds_bucket{job="b",le="10"} 1
lag_seconds_bucket{job="b",le="+Inf"} 2
`;
  const samples = parseSamples(text);

  test("has labels, exponents and times", () => {
    expect(sumOf(samples, "apiserver_request_total", ({ code }) => code === "500")).toBe(9);
    expect(sumOf(samples, "apiserver_request_total", ({ path }) => path === "/a{b}")).toBe(40);
    expect(sumOf(samples, "process_resident_memory_bytes")).toBe(1.2e8);
    expect(sumOf(samples, "nothing")).toBe(0);
  });

  test("has quantiles, guessed between two bounds", () => {
    expect(quantileOf(samples, "lag_seconds", 0.5)).toBe(1);
    expect(quantileOf(samples, "lag_seconds", 0.7)).toBe(3);
    expect(quantileOf(samples, "lag_seconds", 0.99)).toBe(10);
    expect(quantileOf(samples, "lag_seconds", 1)).toBe(10);
    expect(quantileOf(samples, "nothing", 0.99)).toBeNaN();
  });
});

test("an order is a size above the one before", () => {
  expect(countRises([])).toBe(0);
  expect(countRises([0, 99, 0])).toBe(1);
  expect(countRises([0, 12, 99, 40, 41])).toBe(3);
});

test("the Job is one that the command line takes, and its pods end when kwok's stage says", () => {
  const file = jobFile({ tasks: 3, seconds: 20, cpu: "1" });
  const store = { endpoint: "https://s3.example.com", region: "gra", bucket: "b", accessKeyId: "k", secretAccessKey: "s" };
  const { parameters, faults } = parseParameters({ ...file, store });
  expect(faults).toBeUndefined();
  expect(parameters).toMatchObject({ pool: "compute", cpu: "1" });
  const [annotation] = Object.entries(file.annotations);
  expect(annotation).toEqual([expect.any(String), "20s"]);
  const stages = readFileSync(join(__dirname, "..", "..", "local", "cluster", "nodes", "kwok-stages.yaml"), "utf8");
  const complete = stages.split(/^---$/m).find((stage) => stage.includes("name: pod-complete"))!;
  const { spec } = parse(complete) as { spec: { delay: { durationFrom: { expressionFrom: string } } } };
  expect(spec.delay.durationFrom.expressionFrom).toBe(`.metadata.annotations["${annotation![0]}"]`);
});

test("figures say what of which quota, and miss their goals when anything was refused", () => {
  const run: Run = {
    share: { value: 0.25, usage: 100 * 2 ** 20, quota: 400 * 2 ** 20 },
    orders: 1,
    nodes: 99,
    refused: 0,
    file: 300 * 2 ** 20,
    memory: 120,
    lag: 2,
    makespan: 800,
    recorded: 10_000,
  };
  const shape = { tasks: 10_000, seconds: 20, cpu: "1" };
  const all = (changes: Partial<Run>) => figures(shape, { ...run, ...changes }, { ...run, makespan: 790 }, 0.4, 50);
  const missed = (changes: Partial<Run>) => all(changes).flatMap((figure) => (reached(figure) ? [] : [figure.name]));
  expect(missed({})).toEqual([]);
  expect(missed({ refused: 1, orders: 2 })).toEqual(["writes-refused-10000", "node-orders-10000"]);
  expect(missed({ recorded: 9_999, memory: 151, lag: NaN })).toEqual([
    "tasks-recorded-10000",
    "controller-rss-mib",
    "recording-lag-p99-seconds",
  ]);
  expect(missed({ makespan: 840 })).toEqual(["makespan-10000-to-unbounded"]);
  expect(all({})[0]).toMatchObject({
    name: "etcd-share-10000",
    value: 0.25,
    goal: 0.3,
    against: expect.stringContaining("100.0 MiB of 400.0 MiB") as string,
  });
});

test("the figures of a very large Job have their own bound of the controller's memory", () => {
  const run: Run = {
    ...{ share: { value: 0.2, usage: 80 * 2 ** 20, quota: 400 * 2 ** 20 }, orders: 1, nodes: 99, refused: 0, file: 300 * 2 ** 20 },
    ...{ memory: 390, lag: 2, makespan: 1_800, recorded: 100_000 },
  };
  const missed = (changes: Partial<Run>) =>
    veryLargeFigures({ tasks: 100_000, seconds: 5, cpu: "50m" }, { ...run, ...changes }).flatMap((one) => (reached(one) ? [] : [one.name]));
  expect(missed({})).toEqual([]);
  expect(missed({ memory: 401, recorded: 99_999 })).toEqual(["tasks-recorded-100000", "controller-rss-100000-mib"]);
});
