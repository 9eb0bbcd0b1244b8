import { readFileSync } from "node:fs";
import { join } from "node:path";
import { configOf, simulate } from "../../../simulator";
import { loadTrace, sampleNames } from "../../../simulator/traces/samples";
import { parseTrace, traceSchema } from "../../../simulator/traces/trace";
import { tasksOf } from "../../../simulator/traces/workload";
import { trace } from "../samples";

test("all faults of a trace are told at once, each with its place", () => {
  const text = `
name: Wrong Name
pools:
  - { name: a, flavor: c2-15, minNodes: 5, maxNodes: 2, colour: red }
  - { name: a, flavor: c2-15, price: -1 }
jobs:
  - { name: j, duration: 0, cpu: lots, pool: nowhere }
faults:
  - { fault: quake }
`;
  const fault = (): unknown => parseTrace(text, "wrong.yaml");
  expect(fault).toThrow(/^wrong.yaml is not a valid trace:\n/);
  for (const place of ["name:", "pools[0]:", "pools[1].price:", "jobs[0].duration:", "jobs[0].cpu:", "faults[0].fault:"])
    expect(fault).toThrow(place);
});

test("faults between parts are told too", () => {
  const text = `
name: wrong
pools: [{ name: a, flavor: c2-15, minNodes: 5, maxNodes: 2 }, { name: a, flavor: c2-15 }]
jobs: [{ name: j, duration: 1, pool: nowhere, repeat: { times: 2, everySeconds: 1 }, poisson: { perSecond: 1, forSeconds: 1 } }, { name: j, duration: 1 }]
faults: [{ fault: out-of-stock, pool: b }]
`;
  const fault = (): unknown => parseTrace(text);
  expect(fault).toThrow("pools[0].minNodes: minNodes (5) must be at most maxNodes (2)");
  expect(fault).toThrow("pools[1].name: a is the name of two pools");
  expect(fault).toThrow("jobs[0].pool: there is no pool nowhere; there are: a, a");
  expect(fault).toThrow("jobs[0]: repeat and poisson exclude each other");
  expect(fault).toThrow("jobs[1].name: j is the name of two jobs");
  expect(fault).toThrow("faults[0].pool: there is no pool b");
});

test("text that is no YAML is told", () => {
  expect(() => parseTrace("a: [", "x")).toThrow(/^x cannot be read: /);
});

test("a flavor that nobody knows, and pods that fit nowhere, are told", () => {
  expect(() => simulate(trace({ pools: [{ name: "compute", flavor: "z9" }] }), "ours")).toThrow(
    "pools compute: the flavor z9 is not in the catalogue",
  );
  expect(() => simulate(trace({ jobs: [{ name: "big", duration: 1, cpu: 64 }] }), "ours")).toThrow(
    "jobs big: its pods fit no node of any pool",
  );
});

test("devices that the nodes of one pool have: pods that ask for them go there, and no other nodes are ordered", () => {
  const dongle = { "example.com/dongle": 2 };
  const pools = [
    { name: "plain", flavor: "d2-4" },
    { name: "compute", flavor: "c2-15", extendedResources: dongle },
  ];
  const jobs = [{ name: "needy", tasks: 4, duration: 60, cpu: "100m", extendedResources: { "example.com/dongle": 1 } }];
  const given = trace({ pools, jobs });
  const { finished, cluster, peakNodes } = simulate(given, "ours");
  expect({ finished, peakNodes, plain: cluster.cloud.pools.get("plain")!.instances.length }).toEqual({
    finished: true,
    peakNodes: 2,
    plain: 0,
  });
  // An autoscaler that is not told cannot know.
  expect(simulate(given, "ours", configOf(given, { extendedResources: {} })).finished).toBe(false);
  const misspelt = JSON.stringify({ ...given, jobs: [{ ...jobs[0]!, extendedResources: { dongle: 1 } }] });
  expect(() => parseTrace(misspelt)).toThrow("jobs[0].extendedResources.dongle: must have a domain, such as example.com/dongle");
});

test("keys of the autoscaler's configuration are checked", () => {
  expect(configOf(trace(), { scaleDownDelaySeconds: 300 }).scaleDownDelaySeconds).toBe(300);
  expect(configOf(trace()).ovh).toBeDefined();
  expect(configOf(trace(), { ovh: null }).ovh).toBeUndefined();
  expect(() => configOf(trace(), { scaleDownDelay: 1, resyncSeconds: -1 })).toThrow(/resyncSeconds.*[^]*scaleDownDelay/);
});

test("the samples are the seven traces of the benchmark, and what they say they are", () => {
  expect(sampleNames()).toEqual(["broken-nodes", "burst", "office", "quota", "short-tasks", "three-pools", "waves"]);
  const tasks = Object.fromEntries(sampleNames().map((name) => [name, tasksOf(loadTrace(name))]));
  expect(tasks.burst).toHaveLength(100);
  expect(tasks.waves).toHaveLength(5000);
  expect(new Set(tasks["short-tasks"]!.map(({ duration }) => duration))).toEqual(new Set([30_000]));
  expect(() => loadTrace("nothing")).toThrow("there is no trace nothing; give a file or one of: broken-nodes, burst");
});

test("tasks come as the trace says", () => {
  const jobs = [
    { name: "twice", at: 10, repeat: { times: 2, everySeconds: 100 }, tasks: 2, duration: 5 },
    { name: "random", poisson: { perSecond: 0.5, forSeconds: 1000 }, duration: { uniform: [1, 2] } },
    { name: "spread", tasks: 50, overSeconds: 60, duration: { exponential: 10 } },
  ];
  const tasks = tasksOf(trace({ jobs }));
  const start = Date.parse("2026-01-05T08:10:00Z");
  const of = (name: string) => tasks.filter(({ job }) => job.name.startsWith(name));
  expect(of("twice").map(({ arrival }) => arrival - start)).toEqual([10_000, 10_000, 110_000, 110_000]);
  expect(of("random").length).toBeGreaterThan(420);
  expect(of("random").length).toBeLessThan(580);
  expect(new Set(of("random").map(({ job }) => job.uid)).size).toBe(of("random").length);
  expect(of("random").every(({ duration }) => duration >= 1000 && duration <= 2000)).toBe(true);
  expect(new Set(of("spread").map(({ job }) => job.uid)).size).toBe(1);
  expect(Math.max(...of("spread").map(({ arrival }) => arrival))).toBeLessThanOrEqual(start + 60_000);
  expect(tasks.map(({ arrival }) => arrival)).toEqual([...tasks.map(({ arrival }) => arrival)].sort((a, b) => a - b));
});

test("the documentation's trace is valid, and names every key", () => {
  const text = readFileSync(join(__dirname, "..", "..", "..", "docs", "simulate.md"), "utf8");
  const example = parseTrace(/```yaml\n([^]*?)```/.exec(text)![1]!);
  expect(tasksOf(example).length).toBeGreaterThan(320);
  const { pools, jobs } = traceSchema.shape;
  const keys = [traceSchema.shape, pools.element.shape, jobs.element.shape].flatMap(Object.keys);
  expect(keys.filter((key) => !new RegExp(`\\b${key}:`).test(text))).toEqual([]);
});
