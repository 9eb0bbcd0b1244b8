import { type PoolFacts } from "../../../batch/cost";
import { requestsIn, requestsOf } from "../../../batch/jobs/requests";
import {
  defaultPods,
  footprintOf,
  marginOf,
  podsAtLaunch,
  podsPerNode,
  roomOf,
  scheduledFootprint,
  windowOf,
} from "../../../batch/jobs/window";
import { parametersWith } from "../fakes/parameters";

const Gi = 2 ** 30;

describe("the pods that a Job keeps", () => {
  test.each([
    ["are those that can run and a margin", { limit: 10_000, left: 10_000 }, 400, 460],
    ["are few where nothing can run", { limit: 10_000, left: 10_000 }, 0, 20],
    ["are no more than the user allows", { limit: 8, left: 10_000 }, 400, 8],
    ["are no more than there are tasks left", { limit: 10_000, left: 30 }, 400, 30],
    ["are at least those that start together", { limit: 10_000, left: 10_000, minAvailable: 300 }, 40, 300],
    ["that start together are no more than tasks are left", { limit: 10_000, left: 200, minAvailable: 300 }, 40, 200],
    ["are never none, as Kubernetes would make no pod", { limit: 10, left: 0 }, 0, 1],
  ])("%s", (_what, demand, room, expected) => {
    expect(windowOf(demand, room)).toBe(expected);
  });

  test("wait for room where tasks take 20 s: as many as end in two seconds, and some more", () => {
    for (const running of [4, 40, 400, 4_000]) expect(marginOf(running)).toBeGreaterThanOrEqual((running / 20) * 2);
  });
});

describe("the room of a pool", () => {
  test.each([
    ["is that of its nodes", { nodes: 100, perNode: 3 }, 300],
    ["is a default where neither nodes nor their size are known", {}, defaultPods],
    ["is a default where its nodes are not known", { perNode: 3 }, defaultPods],
    ["is what kubelets run at most where the size is not known", { nodes: 3 }, 330],
    ["is the default at most where the size is not known", { nodes: 500 }, defaultPods],
    ["is none without nodes", { nodes: 0 }, 0],
  ])("%s", (_what, capacity, expected) => {
    expect(roomOf(capacity)).toBe(expected);
  });
});

describe("how many pods fit on a node", () => {
  const requests = { cpu: 1, memory: Gi };

  test("is told by a node, else by the catalogue that comes with this program", () => {
    expect(podsPerNode(requests, { allocatable: { cpu: 8, memory: 64 * Gi, pods: 110 }, flavor: "b3-16" })).toBe(8);
    expect(podsPerNode(requests, { flavor: "b3-16" })).toBe(3);
    // A node that has just joined tells nothing yet.
    expect(podsPerNode(requests, { allocatable: {}, flavor: "b3-16" })).toBe(3);
  });

  test("is not known of a flavor that nobody knows", () => {
    expect(podsPerNode(requests, { flavor: "new-1" })).toBeUndefined();
    expect(podsPerNode(requests, {})).toBeUndefined();
  });

  test("is at least one: whether it fits at all is not asked here", () => {
    expect(podsPerNode({ cpu: 64 }, { flavor: "b3-16" })).toBe(1);
  });
});

test("what pods ask for is the same by the parameters and by the Job's template", () => {
  const parameters = parametersWith({ cpu: "500m", memory: "2Gi", gpu: 1, extendedResources: { "example.com/dongle": 2 } });
  const asked = { cpu: 0.5, memory: 4 * Gi, "ephemeral-storage": Gi, "nvidia.com/gpu": 1, "example.com/dongle": 2 };
  expect(requestsOf(parameters, "4Gi")).toEqual(asked);
  const limits = { memory: "4Gi", "ephemeral-storage": "1Gi", "nvidia.com/gpu": "1", "example.com/dongle": "2" };
  expect(requestsIn({ containers: [{ resources: { limits, requests: { cpu: "500m", ...limits } } }] })).toEqual(asked);
  expect(requestsIn({ containers: [{ resources: { requests: { cpu: "1" } } }, { resources: { limits: { cpu: "2" } } }] })).toEqual({
    cpu: 3,
  });
  expect(requestsIn(undefined)).toEqual({});
});

describe("at its launch a Job has", () => {
  const pool: PoolFacts = { flavor: "b3-16", maxNodes: 100, desiredNodes: 2, seen: false };
  const parameters = parametersWith({ memory: "1Gi" });

  test("pods for the pool's maximum, so that no node idles where nobody raises their number", () => {
    expect(podsAtLaunch(parameters, 10_000, { pool })).toBe(350);
    expect(podsAtLaunch(parameters, 100, { pool })).toBe(100);
  });

  test("pods for the nodes that are ordered where a controller raises their number", () => {
    expect(podsAtLaunch(parameters, 10_000, { pool, controlled: true })).toBe(27);
    expect(podsAtLaunch(parameters, 10_000, { pool: { ...pool, desiredNodes: 0 }, controlled: true })).toBe(20);
  });

  test("fewer pods where they ask for more", () => {
    expect(podsAtLaunch({ ...parameters, memory: "14000Mi" }, 10_000, { pool })).toBe(130);
  });

  test("no more than the user allows, and a default where nothing is known of the pool", () => {
    expect(podsAtLaunch({ ...parameters, parallelism: 7 }, 10_000, { pool })).toBe(7);
    expect(podsAtLaunch(parameters, 100_000, { pool: { seen: false } })).toBe(defaultPods + marginOf(defaultPods));
  });

  test("the mark of the controller, if there is one", () => {
    expect(footprintOf(parameters, 10, { pool, controlled: true })).toEqual({ pods: 10, controlled: true });
    expect(footprintOf(parameters, 10, undefined)).toEqual({});
  });

  test("at the times of a schedule pods as without a controller: then nobody is there to see that it has gone", () => {
    expect(scheduledFootprint(parameters, 10_000, { pool, controlled: true })).toEqual({ pods: 350, controlled: true });
  });
});
