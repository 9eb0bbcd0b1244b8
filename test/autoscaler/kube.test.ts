import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { createActor } from "../../autoscaler/actuation/act";
import { createCaches } from "../../autoscaler/caches";
import { KubeClient } from "../../kubernetes/client";
import { Election } from "../../kubernetes/leader";
import { Reflector } from "../../kubernetes/reflector";
import { grantOf } from "../../kubernetes/verb";
import { type RawPool } from "../../autoscaler/state/raw";
import { readPool } from "../../autoscaler/state/snapshot";
import { draining, node, now, pool } from "./build";

/** How long something paused, in milliseconds. The pauses themselves are real. */
let mockPauses: number[] = [];
jest.mock("node:timers/promises", () => {
  const real = jest.requireActual<{ setTimeout: (delay: number, ...rest: unknown[]) => Promise<void> }>("node:timers/promises");
  return { setTimeout: (delay: number, ...rest: unknown[]) => (mockPauses.push(delay), real.setTimeout(delay, ...rest)) };
});

interface Request {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
}

type Answer = (request: Request, response: ServerResponse) => void;

const json =
  (status: number, body: unknown, headers = {}): Answer =>
  (_request, response) =>
    void response.writeHead(status, headers).end(JSON.stringify(body));

/** A server whose answers each test lays down; it stands for the API server, of which only HTTP matters here. */
let server: Server;
let requests: Request[];
let answer: Answer;
let client: KubeClient;

beforeEach(async () => {
  requests = [];
  mockPauses = [];
  server = createServer((incoming: IncomingMessage, response) => {
    void text(incoming).then((body) => {
      const request = { method: incoming.method ?? "", url: incoming.url ?? "", body: body ? (JSON.parse(body) as unknown) : undefined };
      requests.push(request);
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = new KubeClient({ server: url, insecure: false, token: () => "t" });
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

/** Answers with each of the given in turn, the last one for ever. */
function inTurn(...answers: Answer[]): void {
  let i = 0;
  answer = (request, response) => answers[Math.min(i++, answers.length - 1)]!(request, response);
}

const busy = json(429, { reason: "TooManyRequests", message: "slow down" }, { "retry-after": "0.01" });

describe("calls", () => {
  test("are tried again when the server is busy or breaks down", async () => {
    inTurn(busy, json(503, {}), (_, response) => response.destroy(), json(200, { ok: true }));
    expect(await client.call({ method: "GET", path: "/x", query: { limit: 5, none: undefined } })).toEqual({ ok: true });
    expect(requests.map(({ url }) => url)).toEqual(Array(4).fill("/x?limit=5"));
  });

  test("that were refused are not, and say why", async () => {
    inTurn(json(403, { reason: "Forbidden", message: "pods is forbidden" }));
    await expect(client.call({ method: "GET", path: "/x" })).rejects.toMatchObject({
      status: 403,
      reason: "Forbidden",
      message: "pods is forbidden (403)",
    });
    expect(requests).toHaveLength(1);
  });

  test("that create something are sent once", async () => {
    inTurn(busy);
    await expect(client.call({ method: "POST", path: "/x", body: {} })).rejects.toMatchObject({ status: 429 });
    expect(requests).toHaveLength(1);
  });

  test("that get no answer end", async () => {
    inTurn(() => undefined);
    await expect(client.call({ method: "GET", path: "/x", silence: 50, tries: 1 })).rejects.toThrow("no answer within 0.05 s");
  });
});

test.each([
  [{ method: "GET", path: "/api/v1/pods" }, "list  pods"],
  [{ method: "GET", path: "/api/v1/nodes", query: { watch: true } }, "watch  nodes"],
  [{ method: "PATCH", path: "/api/v1/nodes/a" }, "patch  nodes"],
  [{ method: "POST", path: "/api/v1/namespaces/n/events" }, "create  events"],
  [{ method: "POST", path: "/api/v1/namespaces/n/pods/p/eviction" }, "create  pods/eviction"],
  [{ method: "GET", path: "/apis/coordination.k8s.io/v1/namespaces/n/leases/l" }, "get coordination.k8s.io leases"],
  [{ method: "PUT", path: "/apis/coordination.k8s.io/v1/namespaces/n/leases/l" }, "update coordination.k8s.io leases"],
] as const)("the right for %j is %s", (call, expected) => {
  const { verb, group, resource } = grantOf(call);
  expect(`${verb} ${group} ${resource}`).toBe(expected);
});

describe("a reflector", () => {
  const object = (name: string, version: string, value = 0) => ({ metadata: { name, resourceVersion: version }, value });
  const list = (version: string, next: string, ...items: object[]) =>
    json(200, { metadata: { resourceVersion: version, continue: next }, items });
  const watch =
    (...events: object[]): Answer =>
    (_request, response) => {
      // Cut in the middle of a line, as a network does.
      const lines = events.map((event) => JSON.stringify(event) + "\n").join("");
      response.write(lines.slice(0, 20));
      setTimeout(() => response.end(lines.slice(20)), 20);
    };
  const open: Answer = (_request, response) => void response.flushHeaders();

  async function follow(until: () => boolean): Promise<{ value: number }[]> {
    const stop = new AbortController();
    const reflector = new Reflector<ReturnType<typeof object>, { value: number }>(
      client,
      "/objects",
      ({ value }) => (value < 0 ? undefined : { value }),
      () => undefined,
      () => undefined,
    );
    const running = reflector.run(stop.signal);
    while (!until()) await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 30));
    stop.abort();
    await running;
    return reflector.values();
  }

  const watches = (): string[] => requests.map(({ url }) => url).filter((url) => url.includes("watch=true"));
  const versionOf = (url: string | undefined): string | null => new URL(url ?? "", "http://x").searchParams.get("resourceVersion");

  test("lists page by page, then follows the watch from there", async () => {
    inTurn(
      list("5", "more", object("a", "1", 1)),
      list("5", "", object("b", "2", 2), object("left-out", "3", -1)),
      watch(
        { type: "MODIFIED", object: object("a", "6", 10) },
        { type: "DELETED", object: object("b", "7") },
        { type: "ADDED", object: object("c", "8", 3) },
      ),
      open,
    );
    expect(await follow(() => watches().length === 2)).toEqual([{ value: 10 }, { value: 3 }]);
    expect(watches().map(versionOf)).toEqual(["5", "8"]);
  });

  test("forgets an object that its reading leaves out from now on", async () => {
    inTurn(list("5", "", object("a", "1", 1)), watch({ type: "MODIFIED", object: object("a", "6", -1) }), open);
    expect(await follow(() => watches().length === 2)).toEqual([]);
  });

  test("does not let a late answer of a write replace what the watch has brought", async () => {
    inTurn(list("5", "", object("a", "1", 1)), watch({ type: "MODIFIED", object: object("a", "9", 9) }), open);
    const stop = new AbortController();
    const reflector = new Reflector<ReturnType<typeof object>, { value: number }>(
      client,
      "/objects",
      ({ value }) => ({ value }),
      () => undefined,
      () => undefined,
    );
    const running = reflector.run(stop.signal);
    while (watches().length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    reflector.apply(object("a", "8", 8));
    expect(reflector.values()).toEqual([{ value: 9 }]);
    reflector.apply(object("a", "10", 10));
    expect(reflector.values()).toEqual([{ value: 10 }]);
    stop.abort();
    await running;
  });

  test("tells nothing of a change that is none for decisions", async () => {
    let changes = 0;
    inTurn(
      list("5", "", object("a", "1", 1)),
      watch({ type: "MODIFIED", object: object("a", "6", 1) }, { type: "MODIFIED", object: object("a", "7", 1) }),
      open,
    );
    const stop = new AbortController();
    const reflector = new Reflector<ReturnType<typeof object>, { value: number }>(
      client,
      "/objects",
      ({ value }) => ({ value }),
      () => changes++,
      () => undefined,
    );
    const running = reflector.run(stop.signal);
    while (watches().length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    stop.abort();
    await running;
    expect(changes).toBe(1);
    expect(versionOf(watches()[1])).toBe("7");
  });

  test("goes on from the last bookmark when the connection breaks", async () => {
    const broken: Answer = (_request, response) => {
      response.write(JSON.stringify({ type: "BOOKMARK", object: object("", "9") }) + "\n");
      setTimeout(() => response.destroy(), 20);
    };
    inTurn(list("5", ""), broken, open);
    await follow(() => watches().length === 2);
    expect(watches().map(versionOf)).toEqual(["5", "9"]);
  });

  test.each([
    ["an error event", watch({ type: "ERROR", object: { code: 410, message: "too old" } })],
    ["a refusal", json(410, { message: "too old" })],
  ])("lists anew when its place in the history is gone: %s", async (_name, gone) => {
    inTurn(list("5", "", object("a", "1", 1)), gone, list("20", "", object("z", "19", 9)), open);
    expect(await follow(() => watches().length === 2)).toEqual([{ value: 9 }]);
    expect(versionOf(watches()[1])).toBe("20");
  });
});

test("a watch that ends at once is not opened again and again", async () => {
  let watches = 0;
  answer = ({ url }, response) => {
    if (url.includes("watch=true")) watches++;
    json(200, { metadata: { resourceVersion: "1" }, items: [] })({} as Request, response);
  };
  const stop = new AbortController();
  const reflector = new Reflector(
    client,
    "/objects",
    () => undefined,
    () => undefined,
    () => undefined,
  );
  const running = reflector.run(stop.signal);
  while (mockPauses.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  stop.abort();
  await running;
  expect(watches).toBe(1);
  // The rest of a second since the watch was opened.
  expect(mockPauses).toEqual([expect.any(Number)]);
  expect(mockPauses[0]).toBeGreaterThan(0);
});

describe("pods that end", () => {
  const finished = (name: string, version: string, phase: string, reason = "Completed") => ({
    metadata: {
      ...{ name, namespace: "batch", uid: name, resourceVersion: version, creationTimestamp: "2026-01-01T00:00:00Z" },
      ownerReferences: [{ kind: "Job", name: "job", uid: "job", controller: true }],
    },
    spec: { containers: [] },
    status: {
      ...{ phase, startTime: "2026-01-01T00:00:00Z" },
      containerStatuses: [{ state: { terminated: { finishedAt: "2026-01-01T00:00:20Z", reason } } }],
    },
  });

  /** The run times that are known, and the namespaces of the pods out of memory, once the last of the events has come. */
  async function seen(items: readonly object[], events: readonly object[]) {
    const job = { metadata: { name: "job", namespace: "batch", uid: "job", resourceVersion: "1" } };
    answer = (request, response) => {
      const ofPods = request.url.startsWith("/api/v1/pods");
      if (request.url.includes("watch=true")) {
        response.flushHeaders();
        if (ofPods) for (const event of events) response.write(`${JSON.stringify(event)}\n`);
        return;
      }
      const found = ofPods ? items : request.url.startsWith("/apis/batch/v1/jobs") ? [job] : [];
      json(200, { metadata: { resourceVersion: "5" }, items: found })(request, response);
    };
    const outOfMemory: string[] = [];
    const stop = new AbortController();
    const caches = createCaches(
      client,
      () => undefined,
      () => undefined,
      (namespace) => outOfMemory.push(namespace),
    );
    const running = caches.run(stop.signal);
    const ended = (): boolean => caches.snapshot(now).pods.some(({ id }) => id === "batch/last");
    while (!ended() || !caches.synced() || caches.jobStates().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    stop.abort();
    await running;
    const { jobs, ended: kept } = caches.snapshot(now);
    return { durations: jobs?.[0]?.durations, outOfMemory, ended: kept };
  }
  const last = { type: "ADDED", object: finished("last", "99", "Pending") };

  test("teach how long they run, each once, however often they change afterwards", async () => {
    const changes = ["6", "7", "8"].map((version) => ({ type: "MODIFIED", object: finished("a", version, "Succeeded") }));
    const { durations } = await seen([finished("a", "1", "Running"), finished("b", "2", "Succeeded")], [...changes, last]);
    expect(durations).toEqual({ count: 2, mean: 20_000, deviation: 0 });
  });

  test("are kept in mind until their Job has counted them and a controller has recorded them, and teach nothing twice", async () => {
    const pod = (version: string, phase: string, finalizers: string[]) => {
      const { metadata, ...rest } = finished("a", version, phase);
      return { metadata: { ...metadata, finalizers }, ...rest };
    };
    const tracking = "batch.kubernetes.io/job-tracking";
    const changes = [pod("6", "Succeeded", [tracking]), pod("7", "Succeeded", [tracking, "other"])];
    const ended = changes.map((object) => ({ type: "MODIFIED", object }));
    const begin = [pod("1", "Running", [tracking])];
    const kept = await seen(begin, [...ended, last]);
    expect([kept.ended, kept.durations?.count]).toEqual([[{ jobUid: "job" }], 1]);
    const counted = await seen(begin, [...ended, { type: "MODIFIED", object: pod("8", "Succeeded", []) }, last]);
    expect([counted.ended, counted.durations?.count]).toEqual([[], 1]);
    const deleted = await seen(begin, [...ended, { type: "DELETED", object: pod("8", "Succeeded", [tracking]) }, last]);
    expect([deleted.ended, deleted.durations?.count]).toEqual([[], 1]);
  });

  test("out of memory are told once, but not those that had ended before the autoscaler came", async () => {
    const changes = ["6", "7"].map((version) => ({ type: "MODIFIED", object: finished("a", version, "Failed", "OOMKilled") }));
    const others = { type: "MODIFIED", object: finished("c", "8", "Failed", "Error") };
    const before = [finished("a", "1", "Running"), finished("b", "2", "Failed", "OOMKilled"), finished("c", "3", "Running")];
    expect((await seen(before, [...changes, others, last])).outOfMemory).toEqual(["batch"]);
  });
});

test("Jobs that have finished are counted, but no decision sees them", async () => {
  const job = (name: string, ...conditions: string[]) => ({
    metadata: { name, namespace: "batch", uid: name, resourceVersion: "1" },
    status: { conditions: conditions.map((type) => ({ type, status: "True" })) },
  });
  answer = (request, response) => {
    if (request.url.includes("watch=true")) return response.flushHeaders();
    const items = request.url.startsWith("/apis/batch/v1/jobs") ? [job("running"), job("done", "Complete"), job("broken", "Failed")] : [];
    json(200, { metadata: { resourceVersion: "1" }, items })(request, response);
  };
  const stop = new AbortController();
  const caches = createCaches(
    client,
    () => undefined,
    () => undefined,
  );
  const running = caches.run(stop.signal);
  while (caches.jobStates().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(caches.jobStates().map(({ state }) => state)).toEqual(["active", "succeeded", "failed"]);
  expect(caches.snapshot(now).jobs?.map(({ uid }) => uid)).toEqual(["running"]);
  stop.abort();
  await running;
});

test.each<[string, object, object, boolean]>([
  ["the most pods that its user allows", { annotations: { "batch.ovh-mks/parallelism": "9" } }, {}, true],
  ["the pods that its spec allows", {}, { spec: { completions: 50, parallelism: 7 } }, true],
  ["a suspension", {}, { spec: { completions: 50, parallelism: 5, suspend: true } }, true],
  ["a task's end, which its pod tells", {}, { status: { succeeded: 3 } }, false],
])("a change of a batch Job is one for decisions, if it is %s", async (_what, metadata, rest, expected) => {
  const job = (version: string, more: object = {}, meta: object = {}) => ({
    metadata: {
      ...{ name: "job", namespace: "batch", uid: "job", resourceVersion: version },
      ...{ annotations: { "batch.ovh-mks/parallelism": "5" }, ...meta },
    },
    spec: { completions: 50, parallelism: 5 },
    ...more,
  });
  let change: () => void = () => undefined;
  answer = (request, response) => {
    const ofJobs = request.url.startsWith("/apis/batch/v1/jobs");
    if (!request.url.includes("watch=true"))
      return json(200, { metadata: { resourceVersion: "1" }, items: ofJobs ? [job("1")] : [] })(request, response);
    response.flushHeaders();
    if (ofJobs) change = () => void response.write(`${JSON.stringify({ type: "MODIFIED", object: job("2", rest, metadata) })}\n`);
  };
  let changes = 0;
  const stop = new AbortController();
  const caches = createCaches(
    client,
    () => changes++,
    () => undefined,
  );
  const running = caches.run(stop.signal);
  const watching = (): number => requests.filter(({ url }) => url.includes("watch=true")).length;
  while (watching() < 9 || caches.jobStates().length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  const before = changes;
  change();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(changes > before).toBe(expected);
  stop.abort();
  await running;
});

describe("leader election", () => {
  /** A Lease with the API server's rule for updates: the version must be the stored one. */
  function leaseServer(): { lease: { metadata: { resourceVersion: string }; spec: { holderIdentity?: string } } | undefined } {
    const stored: ReturnType<typeof leaseServer> = { lease: undefined };
    let version = 0;
    answer = ({ method, body }, response) => {
      const given = body as NonNullable<typeof stored.lease> | undefined;
      if (method === "GET") return json(stored.lease ? 200 : 404, stored.lease ?? {})({} as Request, response);
      if (method === "PUT" && given?.metadata.resourceVersion !== stored.lease?.metadata.resourceVersion)
        return json(409, {})({} as Request, response);
      stored.lease = { ...given!, metadata: { ...given!.metadata, resourceVersion: String(++version) } };
      return json(200, stored.lease)({} as Request, response);
    };
    return stored;
  }

  const candidate = (identity: string): Election =>
    new Election(
      client,
      { namespace: "n", name: "l", identity },
      () => undefined,
      () => undefined,
    );
  /** Waits for what has to come. */
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  /** Waits until the Lease was read so often since now. */
  const untilRead = async (times: number): Promise<void> => {
    const reads = (): number => requests.filter(({ method }) => method === "GET").length;
    const before = reads();
    await until(() => reads() >= before + times);
  };

  test("one of two leads, and lets the Lease go when it stops", async () => {
    const stored = leaseServer();
    const [a, b] = [candidate("a"), candidate("b")];
    const [stopA, stopB] = [new AbortController(), new AbortController()];
    const runningA = a.run(stopA.signal);
    await until(() => a.leading);
    const runningB = b.run(stopB.signal);
    await untilRead(2);
    expect([a.leading, b.leading]).toEqual([true, false]);
    stopA.abort();
    await runningA;
    expect(a.leading).toBe(false);
    expect(stored.lease?.spec.holderIdentity).toBe("");
    stopB.abort();
    await runningB;
  });

  test("a leader renews its Lease without reading it, until somebody else has changed it", async () => {
    const stored = leaseServer();
    const stop = new AbortController();
    const a = candidate("a");
    const running = a.run(stop.signal);
    const methods = (): string[] => requests.map(({ method }) => method);
    await until(() => methods().length >= 4);
    expect(methods().slice(0, 4)).toEqual(["GET", "POST", "PUT", "PUT"]);
    expect([a.leading, a.term]).toEqual([true, 1]);
    // Changed by hand: read again at once, and renewed with what it is now.
    stored.lease = { metadata: { resourceVersion: "by hand" }, spec: { holderIdentity: "a" } };
    await until(() => methods().length >= 7);
    expect(methods().slice(4, 7)).toEqual(["PUT", "GET", "PUT"]);
    expect([a.leading, a.term]).toEqual([true, 1]);
    // Taken by another: given up at once.
    stored.lease = { metadata: { resourceVersion: "taken" }, spec: { holderIdentity: "b" } };
    await until(() => !a.leading);
    expect(methods().slice(7)).toEqual(["PUT", "GET"]);
    expect(stored.lease.spec.holderIdentity).toBe("b");
    stop.abort();
    await running;
  }, 20_000);

  test("a restarted leader takes its own Lease up at once", async () => {
    const stored = leaseServer();
    stored.lease = { metadata: { resourceVersion: "0" }, spec: { holderIdentity: "a" } };
    const stop = new AbortController();
    const a = candidate("a");
    const running = a.run(stop.signal);
    await untilRead(1);
    await until(() => a.leading);
    expect(requests.filter(({ method }) => method === "GET")).toHaveLength(1);
    stop.abort();
    await running;
  });

  test("another's Lease is left alone until it has been silent for its duration, whatever its times say", async () => {
    const stored = leaseServer();
    stored.lease = {
      metadata: { resourceVersion: "0" },
      spec: { holderIdentity: "other", ...{ leaseDurationSeconds: 1, renewTime: "1999-01-01T00:00:00Z" } },
    };
    const stop = new AbortController();
    const b = candidate("b");
    const started = performance.now();
    const running = b.run(stop.signal);
    await until(() => b.leading);
    expect(performance.now() - started).toBeGreaterThanOrEqual(1000);
    stop.abort();
    await running;
  });
});

describe("actions", () => {
  const written = { pool: () => undefined, node: () => undefined, failed: () => undefined };
  const rawNode = (name: string, unschedulable: boolean) => ({
    metadata: { name, uid: name, resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z", labels: { nodepool: "compute" } },
    spec: { unschedulable },
  });
  const rawPod = (nodeName: string) => ({
    metadata: { name: "p", namespace: "batch", uid: "p", resourceVersion: "1", creationTimestamp: "2026-01-01T00:00:00Z" },
    spec: { nodeName, containers: [] },
    status: { phase: "Running" },
  });

  /** Answers the fresh lists that a removal looks at. */
  function fresh(nodes: object[], pods: object[]): void {
    answer = (request, response) => {
      const items = request.url.startsWith("/api/v1/nodes") ? nodes : pods;
      json(200, request.method === "GET" ? { metadata: {}, items } : {})(request, response);
    };
  }

  const patches = (): Request[] => requests.filter(({ method }) => method === "PATCH");
  const remove = {
    type: "remove",
    pool: pool({ desired: 2, resourceVersion: "41" }),
    desired: 0,
    nodes: [draining("a", 9000), draining("b", 9000)],
    reason: "",
  } as const;

  test("a pool is resized only in the version that was decided on", async () => {
    inTurn(json(200, {}));
    const actor = createActor(client, undefined, written, { now: () => now });
    await actor.carryOut({
      type: "resize",
      pool: pool({ resourceVersion: "41" }),
      desired: 7,
      reason: "",
      jobs: [],
    });
    expect(requests).toEqual([
      {
        method: "PATCH",
        url: "/apis/kube.cloud.ovh.com/v1alpha1/nodepools/compute",
        body: {
          metadata: { resourceVersion: "41", annotations: { "autoscaler.ovh-mks-batch/ordered-at": new Date(now).toISOString() } },
          spec: { desiredNodes: 7 },
        },
      },
    ]);
  });

  describe("when the pool has changed meanwhile,", () => {
    const rawPool = (resourceVersion: string, { desired = 0, max = 100, current = 0, problem = false } = {}) => ({
      metadata: { name: "compute", uid: "compute", resourceVersion, creationTimestamp: "2026-01-01T00:00:00Z" },
      spec: { flavor: "b3-8", desiredNodes: desired, maxNodes: max },
      status: { currentNodes: current, conditions: problem ? [{ type: "QuotaExceeded", status: "True" }] : [] },
    });
    const decidedOn = readPool(rawPool("41"));
    const changed = json(409, { message: "the object has been modified" });
    const found = (...items: object[]): Answer => json(200, { metadata: {}, items });
    const resize = (desired = 7, leading = true): Promise<string> =>
      createActor(client, undefined, written, { now: () => now, leading: () => leading }).carryOut({
        ...{ type: "resize", pool: decidedOn, desired, reason: "", jobs: [] },
      });
    const versions = (): unknown[] => patches().map(({ body }) => (body as RawPool).metadata.resourceVersion);

    test("by the nodes that have come up, the order is sent at once for the version that it has now", async () => {
      inTurn(changed, found(rawPool("42", { current: 1 })), changed, found(rawPool("43", { current: 2 })), json(200, {}));
      expect(await resize()).toBe("done");
      expect(versions()).toEqual(["41", "42", "43"]);
      expect(requests[1]!.url).toBe("/apis/kube.cloud.ovh.com/v1alpha1/nodepools?fieldSelector=metadata.name%3Dcompute");
    });

    test.each([
      ["by another order", found(rawPool("42", { desired: 3 }))],
      ["by another limit", found(rawPool("42", { max: 5 }))],
      ["by what keeps it from its size", found(rawPool("42", { problem: true }))],
      ["and is gone", found()],
    ])("%s, it is decided anew", async (_name, answer) => {
      inTurn(changed, answer);
      await expect(resize()).rejects.toMatchObject({ status: 409 });
      expect(versions()).toEqual(["41"]);
    });

    test("an order is not sent for ever, nor by a replica that leads no more", async () => {
      inTurn(
        changed,
        found(rawPool("42")),
        changed,
        found(rawPool("43")),
        changed,
        found(rawPool("44")),
        changed,
        found(rawPool("45")),
        changed,
      );
      await expect(resize()).rejects.toMatchObject({ status: 409 });
      expect(patches()).toHaveLength(5);
      await expect(resize(7, false)).rejects.toMatchObject({ status: 409 });
      expect(patches()).toHaveLength(6);
    });

    test("no fewer nodes are asked for than were seen", async () => {
      inTurn(changed);
      const action = { type: "resize", pool: { ...decidedOn, desired: 9 }, desired: 7, reason: "", jobs: [] } as const;
      await expect(createActor(client, undefined, written).carryOut(action)).rejects.toMatchObject({ status: 409 });
      expect(requests).toHaveLength(1);
    });
  });

  describe("a pool's condition", () => {
    const other = { type: "Synced", status: "True", reason: "Synced", message: "", lastTransitionTime: "2026-01-01T00:00:00Z" };
    const found = (...items: object[]): Answer => json(200, { metadata: {}, items });
    const raw = { metadata: { name: "compute", resourceVersion: "42" }, spec: {}, status: { conditions: [other] } };
    const action = { type: "condition", pool: pool(), blocked: "QuotaExceeded", reason: "" } as const;

    test("is written beside those of others, to the status of the pool as it is now", async () => {
      inTurn(found(raw), json(200, {}));
      expect(await createActor(client, undefined, written, { now: () => now }).carryOut(action)).toBe("done");
      expect(patches()).toMatchObject([
        {
          url: "/apis/kube.cloud.ovh.com/v1alpha1/nodepools/compute/status",
          body: { metadata: { resourceVersion: "42" }, status: { conditions: [other, { status: "True", message: "QuotaExceeded" }] } },
        },
      ]);
    });

    test("is not written to a pool that is gone", async () => {
      inTurn(found());
      expect(await createActor(client, undefined, written).carryOut(action)).toBe("called off: the pool is gone");
      expect(patches()).toEqual([]);
    });
  });

  test("cordoning leaves the time for the next life, and uncordoning takes both away", async () => {
    inTurn(json(200, {}));
    const actor = createActor(client, undefined, written, { now: () => now });
    await actor.carryOut({ type: "cordon", node: "a", pool: pool(), reason: "" });
    await actor.carryOut({ type: "uncordon", node: "a", pool: pool(), reason: "" });
    const annotation = "autoscaler.ovh-mks-batch/draining-since";
    expect(patches().map(({ body }) => body)).toEqual([
      { metadata: { annotations: { [annotation]: new Date(now).toISOString() } }, spec: { unschedulable: true } },
      { metadata: { annotations: { [annotation]: null } }, spec: { unschedulable: null } },
    ]);
  });

  test("a soft taint leaves the node's other taints as they are now, and comes to no node that has changed since", async () => {
    const other = { key: "gpu", value: "yes", effect: "NoSchedule" };
    const soft = { key: "autoscaler.ovh-mks-batch/idle", effect: "PreferNoSchedule" };
    const found = (...taints: object[]): Answer =>
      json(200, { metadata: {}, items: [{ metadata: { name: "a", resourceVersion: "8" }, spec: { taints } }] });
    const actor = createActor(client, undefined, written);
    const action = { node: "a", pool: pool(), reason: "" };
    inTurn(found(other), json(200, {}));
    expect(await actor.carryOut({ type: "taint", ...action })).toBe("done");
    inTurn(found(other, soft), json(200, {}));
    expect(await actor.carryOut({ type: "untaint", ...action })).toBe("done");
    expect(requests[0]!.url).toBe("/api/v1/nodes?fieldSelector=metadata.name%3Da");
    expect(patches().map(({ body }) => body)).toEqual([
      { metadata: { resourceVersion: "8" }, spec: { taints: [other, soft] } },
      { metadata: { resourceVersion: "8" }, spec: { taints: [other] } },
    ]);
    inTurn(json(200, { metadata: {}, items: [] }));
    expect(await actor.carryOut({ type: "taint", ...action })).toBe("called off: the node is gone");
    expect(patches()).toHaveLength(2);
  });

  test("nodes are removed when fresh lists agree", async () => {
    fresh([rawNode("a", true), rawNode("b", true)], []);
    expect(await createActor(client, undefined, written).carryOut(remove)).toBe("done");
    expect(patches()).toHaveLength(1);
  });

  test.each([
    ["a pod has landed", [rawNode("a", true), rawNode("b", true)], [rawPod("b")], "called off: the pod batch/p is on the node b"],
    ["a node was uncordoned", [rawNode("a", true), rawNode("b", false)], [], "called off: the node b is not cordoned any more"],
    ["a node has joined", [rawNode("a", true), rawNode("b", true), rawNode("c", false)], [], "called off: the node c has joined the pool"],
  ])("a removal is called off when %s", async (_name, nodes, pods, outcome) => {
    fresh(nodes, pods);
    expect(await createActor(client, undefined, written).carryOut(remove)).toBe(outcome);
    expect(patches()).toEqual([]);
  });

  test.each([
    ["once: it is begun anew", 1, 4],
    ["each time: nothing is removed", Infinity, 6],
  ])("a list that expires half-way, %s", async (_what, times, expected) => {
    fresh([rawNode("a", true), rawNode("b", true)], []);
    const agreeing = answer;
    let expired = 0;
    answer = (request, response) => {
      if (!request.url.startsWith("/api/v1/nodes")) agreeing(request, response);
      else if (request.url.includes("continue=more") && expired++ < times)
        json(
          410,
          { reason: "Expired", message: "The provided continue parameter is too old" },
          { "retry-after": "0.01" },
        )(request, response);
      else if (request.url.includes("continue=more")) agreeing(request, response);
      // A node of the first try that the second has not got any more would hold the removal up.
      else json(200, { metadata: { continue: "more" }, items: expired ? [] : [rawNode("gone", false)] })(request, response);
    };
    const outcome = createActor(client, undefined, written).carryOut(remove);
    if (times === 1) expect(await outcome).toBe("done");
    else await expect(outcome).rejects.toMatchObject({ status: 410 });
    expect(requests.filter(({ url }) => url.startsWith("/api/v1/nodes"))).toHaveLength(expected);
    expect(patches()).toHaveLength(times === 1 ? 1 : 0);
  });

  test("by name, other nodes do not matter, and the custom resource is left alone", async () => {
    fresh([rawNode("a", true), rawNode("b", false)], [rawPod("b")]);
    const removed: unknown[] = [];
    const ovh = { removeNodes: (...args: unknown[]) => Promise.resolve(void removed.push(args)) };
    const action = { ...remove, desired: 1, nodes: [node("a", { cordoned: true })] };
    expect(await createActor(client, ovh, written).carryOut(action)).toBe("done");
    expect(removed).toEqual([["compute", { from: 2, to: 1 }, ["openstack:///a"]]]);
    expect(patches()).toEqual([]);
  });
});
