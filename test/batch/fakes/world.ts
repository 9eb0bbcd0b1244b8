import { attach, observe, type ParametersInput, preview, type Progress, progressLine, run } from "../../../batch";
import { type TaskRecord } from "../../../batch/records";
import { FakeCluster } from "./cluster";
import { parametersWith } from "./parameters";
import { FakeStore } from "./store";

const fromVideos = { tasksFrom: { prefix: "videos/", pattern: "*.mp4", env: { INPUT: "{key}" } }, retries: 1 };

/** What a task's shell file exports in a {@link createWorld}. */
export const input = (video: string): string => `export INPUT='videos/${video}.mp4'`;

/** A cluster, and a bucket with videos, each of which is a task. */
export function createWorld(videos: readonly string[] = ["a", "b", "c"]) {
  const cluster = new FakeCluster();
  const store = new FakeStore();
  for (const video of videos) store.objects.set(`videos/${video}.mp4`, `content of ${video}`);
  const said: string[] = [];
  store.open((text) => said.push(text));
  const progress: string[] = [];
  const onProgress = (state: Progress, note?: string) => progress.push(progressLine(state, note));
  const surroundings = (on: FakeCluster) => ({ cluster: on, store, say: (text: string) => said.push(text), onProgress });
  const parameters = (values: Partial<ParametersInput> = {}) => parametersWith({ ...fromVideos, ...values });
  const go = (values: Partial<ParametersInput> = {}, on: FakeCluster = cluster) => run(parameters(values), surroundings(on));
  const follow = (values: Partial<ParametersInput> = {}) => attach(parameters(values), surroundings(cluster));
  const look = (values: Partial<ParametersInput> = {}) => observe(parameters(values), { cluster, store });
  const plan = (values: Partial<ParametersInput> = {}) => preview(parameters(values), { cluster, store });
  const keys = (part: string) => [...store.objects.keys()].filter((key) => key.includes(part));
  const records = () => keys("/records/").map((key) => JSON.parse(store.objects.get(key)!) as TaskRecord);
  return { cluster, store, said, progress, parameters, surroundings, go, follow, look, plan, keys, records };
}
export type World = ReturnType<typeof createWorld>;

export const tick = (ms = 20): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await tick(5);
}

class Killed extends Error {}

/** Runs until the n-th request that changes something, before or after it took effect, and dies there. Answers whether there was one. */
export async function killAt(
  { cluster, store, go }: World,
  n: number,
  after: boolean,
  values: Partial<ParametersInput> = {},
): Promise<boolean> {
  let count = 0;
  let dead = false;
  const die = (mutating: boolean, done: boolean) => {
    if (dead) throw new Killed();
    if (mutating && done === after && count++ === n) dead = true;
    if (dead) throw new Killed();
  };
  cluster.hook = (call, done) => die(/^(create|patch|remove)/.test(call), done);
  store.before = (call) => die(call.startsWith("put") && !after, false);
  await go(values).catch((error: unknown) => {
    if (!(error instanceof Killed)) throw error;
  });
  cluster.hook = () => undefined;
  store.before = () => undefined;
  return dead;
}
