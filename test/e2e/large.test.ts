/**
 * A Job of 2,000 tasks that no client waits for, on the plan Free with one real and 20 simulated nodes: the Job of `npm run bench -- batch` in small.
 * Needs Linux and root. The local cloud must not run; it does not afterwards.
 */
import { startCloud } from "../../bench/large/cloud";
import { type JobShape } from "../../bench/large/job";
import { type Run, runJob } from "../../bench/large/run";
import { shutdown } from "../../local/daemon/control";
import { createProgress } from "../../local/lib/progress";
import { keepSettings } from "./kept-settings";

const progress = createProgress((line) => process.stdout.write(`${line}\n`));
const nodes = 20;
const shape: JobShape = { tasks: 2_000, seconds: 3, cpu: "250m" };

let putSettingsBack = (): void => undefined;
let run: Run;

/** @returns how often etcd was full */
async function start(): Promise<number> {
  const cloud = await startCloud(nodes, "nodes", progress);
  const before = cloud.alarms();
  run = await runJob(cloud, shape, progress.say);
  progress.say(JSON.stringify(run));
  return cloud.alarms() - before;
}

beforeAll(async () => {
  await shutdown(progress);
  putSettingsBack = keepSettings();
  const alarms = await start();
  // On a machine that stalls, etcd is late now and then, and the API server answers with 500, too: but not in two runs.
  if (run.refused > 0 && alarms === 0) {
    await shutdown(progress);
    await start();
  }
}, 3_600_000);

afterAll(async () => {
  await shutdown(progress);
  putSettingsBack();
});

it("every task is recorded, though the command that submitted them has ended", () => expect(run.recorded).toBe(shape.tasks));

it("all nodes were ordered at once, though most tasks had no pod yet", () =>
  expect({ orders: run.orders, nodes: run.nodes }).toEqual({ orders: 1, nodes }));

it("etcd held less than 30 % of what OVHcloud lets it hold, and no write was refused", () => {
  expect(run.share.value).toBeLessThan(0.3);
  expect(run.refused).toBe(0);
});

it("the controller stays small", () => {
  expect(run.memory).toBeGreaterThan(0);
  expect(run.memory).toBeLessThan(150);
});
