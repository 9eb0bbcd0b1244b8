import { marginOf } from "../../batch/jobs/window";
import { Windows } from "../../controller/windows";
import { KubeClient } from "../../kubernetes/client";
import { ApiServer } from "./api-server";

// Time goes a hundred times as fast.
jest.mock("node:timers/promises", () => {
  const real = jest.requireActual<{ setTimeout: (delay: number, ...rest: unknown[]) => Promise<void> }>("node:timers/promises");
  return { setTimeout: (delay: number, ...rest: unknown[]) => real.setTimeout(delay / 100, ...rest) };
});

const jobs = "/apis/batch/v1/namespaces/batch/jobs";
const pods = "/api/v1/namespaces/batch/pods";
const nodes = "/api/v1/nodes";
const pools = "/apis/kube.cloud.ovh.com/v1alpha1/nodepools";

let api: ApiServer;
let client: KubeClient;
let leading: boolean;
let changes: string[];
let errors: string[];
let stop: AbortController;
let running: Promise<void>;

/** A Job of which one task fits on a b3-8. */
const job = (name: string, parallelism: number, annotations: object = { "batch.ovh-mks/parallelism": "1000" }) => ({
  metadata: {
    ...{ name, namespace: "batch", uid: `uid-${name}`, labels: { nodepool: "compute" } },
    annotations: { "batch.ovh-mks/launched": "true", ...annotations },
  },
  spec: { completions: 1000, parallelism, template: { spec: { containers: [{ resources: { requests: { cpu: "1500m" } } }] } } },
});
const pool = (desiredNodes: number) => ({ metadata: { name: "compute", uid: "pool" }, spec: { flavor: "b3-8", desiredNodes } });
const pod = (name: string, of: string, node: string) => ({
  metadata: { name, namespace: "batch", uid: name, ownerReferences: [{ kind: "Job", uid: `uid-${of}` }] },
  spec: { nodeName: node },
  status: { phase: "Running" },
});

const parallelismOf = (name: string): number => (api.get(jobs, name)?.spec as { parallelism: number }).parallelism;
const wide = (room: number): number => room + marginOf(room);

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; !holds(); i++) {
    if (i > 6_000) throw new Error(`not in time: ${changes.join()} ${errors.join()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
/** Time for a decision, if there was one to be made. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 100));

beforeEach(async () => {
  api = new ApiServer();
  client = new KubeClient({ server: await api.listen(), insecure: false, token: () => "t" });
  [leading, changes, errors] = [true, [], []];
  api.put(pools, pool(0));
});

function start(): void {
  stop = new AbortController();
  const windows = new Windows({
    ...{ client, namespace: "batch", leading: () => leading },
    onError: (message) => errors.push(message),
    onChange: ({ job, from, to }) => changes.push(`${job}: ${from} → ${to}`),
  });
  running = windows.run(stop.signal);
}

afterEach(async () => {
  stop.abort();
  await running;
  client.close();
  api.close();
});

test("a Job gets more pods as nodes are ordered, before they are there, and fewer as they go", async () => {
  api.put(jobs, job("fit", 20));
  start();
  api.put(pools, pool(100));
  await until(() => parallelismOf("fit") === wide(100));
  api.put(pods, pod("p", "fit", "n"));
  api.put(pools, pool(1));
  await until(() => parallelismOf("fit") === wide(1));
  // The answer to the last change may still be on its way.
  await until(() => changes.length === 2);
  expect(changes).toEqual([`fit: 20 → ${wide(100)}`, `fit: ${wide(100)} → ${wide(1)}`]);
});

test("nodes that are there tell how many pods fit on them", async () => {
  api.put(nodes, { metadata: { name: "n", labels: { nodepool: "compute" } }, status: { allocatable: { cpu: "16", pods: "110" } } });
  api.put(pools, pool(10));
  api.put(jobs, job("fit", 20));
  start();
  await until(() => parallelismOf("fit") === wide(100));
});

test("pods that have a node are never too many", async () => {
  for (let i = 0; i < 60; i++) api.put(pods, pod(`p${i}`, "fit", `n${i}`));
  api.put(jobs, job("fit", 200));
  start();
  await until(() => changes.length > 0);
  expect(parallelismOf("fit")).toBe(wide(60));
});

test("changes that come together are one write", async () => {
  api.put(jobs, job("fit", 20));
  start();
  for (let desired = 1; desired <= 50; desired++) api.put(pools, pool(desired));
  await until(() => parallelismOf("fit") === wide(50));
  await aWhile();
  expect(changes.length).toBeLessThanOrEqual(2);
});

test("a Job of somebody else, or of an earlier version, is left alone", async () => {
  api.put(jobs, job("old", 20, {}));
  api.put(jobs, job("fit", 20));
  start();
  api.put(pools, pool(100));
  await until(() => parallelismOf("fit") === wide(100));
  expect(parallelismOf("old")).toBe(20);
});

test("a replica that does not lead changes nothing", async () => {
  leading = false;
  api.put(jobs, job("fit", 20));
  start();
  api.put(pools, pool(100));
  await aWhile();
  expect(changes).toEqual([]);
  leading = true;
  api.put(pools, pool(101));
  await until(() => changes.length > 0);
});

test("a Job of the same name that came after it is not changed in its place", async () => {
  api.put(jobs, job("fit", 20));
  let met = 0;
  api.onPatch = () => (met++ === 0 ? 409 : 200);
  start();
  api.put(pools, pool(100));
  await until(() => met > 0);
  api.put(pools, pool(101));
  await until(() => parallelismOf("fit") === wide(101));
  expect(errors).toEqual([]);
});

test("a refusal is told and tried again, and holds up no other Job", async () => {
  api.put(jobs, job("bad", 20));
  api.put(jobs, job("good", 20));
  let refused = true;
  api.onPatch = (name) => (name === "bad" && refused ? 403 : 200);
  start();
  api.put(pools, pool(100));
  await until(() => errors.length > 0 && parallelismOf("good") > 20);
  expect(errors[0]).toBe("the parallelism of Job bad: refused (403)");
  refused = false;
  api.put(pools, pool(102));
  await until(() => parallelismOf("bad") > 20);
});
