import { type Call } from "../../kubernetes/client";
import { ClusterError } from "../../kubernetes/cluster";
import { Events, type ObjectReference } from "../../service/events";

const job: ObjectReference = { apiVersion: "batch/v1", kind: "Job", namespace: "batch", name: "j", uid: "ju" };
const pool: ObjectReference = { apiVersion: "kube.cloud.ovh.com/v1alpha1", kind: "NodePool", name: "compute", uid: "pu" };

let calls: Call[];
let failure: Error | undefined;
const client = {
  call: <T>(call: Call): Promise<T> => {
    calls.push(call);
    return failure ? Promise.reject(failure) : Promise.resolve({} as T);
  },
};

beforeEach(() => {
  calls = [];
  failure = undefined;
});

test("go to each object, in its namespace, and not again for ten minutes", async () => {
  let time = Date.UTC(2026, 0, 1);
  const events = new Events(
    client,
    "me",
    () => undefined,
    () => time,
  );
  expect(await events.tell("Warning", "PoolBlocked", "quota", [pool, job])).toBe(true);
  expect(await events.tell("Warning", "PoolBlocked", "quota", [pool, job])).toBe(false);
  expect(calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
    "POST /api/v1/namespaces/default/events",
    "POST /api/v1/namespaces/batch/events",
  ]);
  expect(calls[1]!.body).toEqual({
    apiVersion: "v1",
    kind: "Event",
    metadata: { generateName: "j.", namespace: "batch" },
    involvedObject: job,
    type: "Warning",
    reason: "PoolBlocked",
    message: "quota",
    source: { component: "me" },
    firstTimestamp: "2026-01-01T00:00:00.000Z",
    lastTimestamp: "2026-01-01T00:00:00.000Z",
    count: 1,
  });
  time += 11 * 60_000;
  expect(await events.tell("Warning", "PoolBlocked", "quota", [pool, job])).toBe(true);
});

test("are new where one of the objects has not had them", async () => {
  const events = new Events(client, "me", () => undefined);
  await events.tell("Warning", "NoPoolFits", "too big", [job]);
  expect(await events.tell("Warning", "NoPoolFits", "too big", [job, pool])).toBe(true);
  expect(calls).toHaveLength(2);
});

test("that differ in their counts and times only are one", async () => {
  const events = new Events(client, "me", () => undefined);
  const tell = (reason: string) => events.tell("Warning", "PoolBlocked", reason, [job]);
  expect(await tell("18 pods wait; it is asked again at 2026-01-01T12:00:00.000Z")).toBe(true);
  expect(await tell("17 pods wait; it is asked again at 2026-01-01T12:01:00.000Z")).toBe(false);
  expect(await tell("its quota is used up")).toBe(true);
  // What is done is told each time.
  expect(await events.tell("Normal", "ScaleUp", "0 → 1 nodes", [job])).toBe(true);
  expect(await events.tell("Normal", "ScaleUp", "1 → 2 nodes", [job])).toBe(true);
});

test("that cannot be written do no harm", async () => {
  failure = new ClusterError("forbidden (403)", 403);
  const errors: string[] = [];
  const events = new Events(client, "me", (error) => errors.push(error));
  expect(await events.tell("Normal", "ScaleUp", "x", [pool])).toBe(true);
  expect(errors).toEqual(["writing an Event: forbidden (403)"]);
});
