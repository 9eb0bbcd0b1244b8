import { estimate, type NodeKind, tasksPerNode, type Workload } from "../../../batch/cost/estimate";
import { allocatableOf } from "../../../batch/cost/pool";

const Gi = 2 ** 30;
const node: NodeKind = {
  flavor: "b2-15",
  allocatable: { cpu: 4, memory: 12 * Gi, pods: 110 },
  price: { nodeHour: 0.5, currency: "EUR" },
  billing: "hourly",
};
const task = { cpu: 1, memory: Gi };
const workload = (tasks: number, more: Partial<Workload> = {}): Workload => ({
  groups: [{ tasks, requests: task }],
  mean: 60,
  longest: 60,
  basis: "taskSeconds",
  ...more,
});
const noon = new Date("2026-01-01T12:00:00Z");

describe("a node runs", () => {
  test.each([
    ["as many tasks as its CPUs allow", { cpu: 1.5 }, 2],
    ["as its memory allows", { cpu: 0.1, memory: 5 * Gi }, 2],
    ["as its pods allow", { cpu: 0.001 }, 110],
    ["none that is too large", { cpu: 5 }, 0],
    ["all that ask for nothing that is known", { "ephemeral-storage": Gi }, 110],
    ["exactly what fits", { cpu: 0.1 * 4 }, 10],
  ])("%s", (_what, requests: Record<string, number>, count) => {
    expect(tasksPerNode(requests, node.allocatable)).toBe(count);
  });

  test("no task with a GPU if it has none", () => {
    expect(tasksPerNode({ cpu: 1, "nvidia.com/gpu": 1 }, { ...node.allocatable, "nvidia.com/gpu": 0 })).toBe(0);
  });
});

describe("an estimate", () => {
  test("is of as many nodes as all tasks need at a time, for as long as one takes", () => {
    expect(estimate(workload(10), node, noon)).toEqual({
      nodes: 3,
      nodeHours: 3,
      seconds: 60,
      flavor: "b2-15",
      amount: 1.5,
      currency: "EUR",
      basis: "taskSeconds",
    });
  });
  test("counts every commenced hour of the clock", () => {
    expect(estimate(workload(4), node, new Date("2026-01-01T12:59:30Z"))).toMatchObject({ nodes: 1, nodeHours: 2 });
    expect(estimate(workload(4, { mean: 7200, longest: 7200 }), node, new Date("2026-01-01T12:30:00Z"))).toMatchObject({ nodeHours: 3 });
  });
  test("counts the time itself where billing is by the second, of each node a minute at least", () => {
    const billed = { ...node, billing: "perSecond" } as const;
    expect(estimate(workload(10, { mean: 900, longest: 900 }), billed, noon)).toMatchObject({ nodes: 3, nodeHours: 0.75, amount: 0.375 });
    expect(estimate(workload(4, { mean: 1, longest: 1 }), billed, noon)!.nodeHours).toBeCloseTo(1 / 60, 10);
  });
  test("keeps to the parallelism, and to the pool's maximum", () => {
    expect(estimate(workload(100, { parallelism: 8 }), node, noon)).toMatchObject({ nodes: 2, seconds: 13 * 60 });
    expect(estimate(workload(100), { ...node, maxNodes: 5 }, noon)).toMatchObject({ nodes: 5, seconds: 5 * 60 });
  });
  test("is never shorter than the longest task", () => {
    expect(estimate(workload(8, { longest: 900 }), node, noon)).toMatchObject({ seconds: 900 });
  });
  test("adds up tasks that ask for different memory", () => {
    const groups = [
      { tasks: 4, requests: task },
      { tasks: 2, requests: { cpu: 1, memory: 10 * Gi } },
    ];
    expect(estimate(workload(0, { groups }), node, noon)).toMatchObject({ nodes: 3 });
    expect(estimate(workload(0, { groups }), { ...node, maxNodes: 1 }, noon)).toMatchObject({ nodes: 1, seconds: 4 * 60 });
  });
  test("has no amount without a price", () => {
    const found = estimate(workload(1), { ...node, price: undefined }, noon);
    expect(found).toMatchObject({ nodeHours: 1 });
    expect(found).not.toHaveProperty("amount");
  });
  test("is none when a task fits on no node", () => {
    expect(estimate(workload(1, { groups: [{ tasks: 1, requests: { cpu: 5 } }] }), node, noon)).toBeUndefined();
  });
  test("of nothing is nothing", () => {
    expect(estimate(workload(0), node, noon)).toMatchObject({ nodes: 0, nodeHours: 0, seconds: 0, amount: 0 });
  });
});

test("a flavor's nodes keep OVHcloud's share for themselves", () => {
  expect(allocatableOf({ vCPUs: 4, ram: 15, disk: 100, gpus: 0 })).toEqual({
    cpu: 3.83,
    memory: 13.41e9,
    "ephemeral-storage": 70e9,
    pods: 110,
    "nvidia.com/gpu": 0,
  });
});
