import { type Random } from "../../simulator/traces/random";
import { type Trace, traceSchema } from "../../simulator/traces/trace";

/** A small trace: 4 tasks of a minute, one to a node, which boots in 100 s. */
export const trace = (rest: Record<string, unknown> = {}): Trace =>
  traceSchema.parse({
    name: "small",
    start: "2026-01-05T08:10:00Z",
    pools: [{ name: "compute", flavor: "c2-15", maxNodes: 10, bootSeconds: 100 }],
    jobs: [{ name: "job", tasks: 4, duration: 60, cpu: "3500m" }],
    jobsKeptSeconds: 600,
    billing: "hourly",
    ...rest,
  });

const pick = <T>(random: Random, values: readonly T[]): T => values[Math.floor(random() * values.length)]!;

/** Any trace: pools, Jobs, limits and faults by chance. */
export function anyTrace(random: Random, seed: number): Trace {
  const whole = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1));
  const pools = Array.from({ length: whole(1, 3) }, (_, i) => ({
    name: `pool-${i}`,
    flavor: pick(random, ["c2-15", "b3-16", "b3-32"]),
    minNodes: pick(random, [0, 0, 1]),
    maxNodes: whole(4, 20),
    price: pick(random, [1, 1, 1.5]),
    bootSeconds: whole(30, 300),
    bootSpread: pick(random, [0, 0.3]),
  }));
  const jobs = Array.from({ length: whole(1, 4) }, (_, i) => ({
    name: `job-${i}`,
    at: whole(0, 5000),
    overSeconds: pick(random, [0, 500]),
    tasks: whole(1, 25),
    duration: pick<unknown>(random, [whole(20, 2000), { uniform: [10, 900] }, { exponential: 300 }]),
    cpu: pick(random, ["500m", "1", "1700m", "3"]),
    memory: pick(random, ["1Gi", "3Gi", "9Gi"]),
  }));
  const faults = [
    ...(random() < 0.3 ? [{ fault: "broken-nodes", share: 0.15, joins: random() < 0.5 }] : []),
    ...(random() < 0.3 ? [{ fault: "quota", nodes: whole(3, 8), untilSeconds: whole(600, 4000) }] : []),
  ];
  const billing = pick(random, ["hourly", "perSecond", "perSecond"]);
  return trace({ seed, pools, jobs, faults, billing, daemons: { cpu: "100m", memory: "100Mi" } });
}
