/** The provider over a cluster and a bucket in memory. */
import { createProvider, type Inputs, type Outputs } from "../../../../components/batch/provider";
import { FakeCluster } from "../../../batch/fakes/cluster";
import { kubeconfig } from "../../../batch/fakes/kubeconfig";
import { minimal } from "../../../batch/fakes/parameters";
import { FakeStore } from "../../../batch/fakes/store";

/** What the engine passes for a value that a preview does not know. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const given = {
  ...minimal,
  tasksFrom: { prefix: "videos/", pattern: "*.mp4", env: { INPUT: "{key}" } },
  retries: 0,
  kubeconfig: kubeconfig("https://127.0.0.1:6443"),
  __provider: "text",
};

/** @param inPreview whether the program runs for a preview */
export function setUp({ inPreview = false } = {}) {
  const cluster = new FakeCluster();
  const store = new FakeStore();
  for (const video of ["a", "b", "c"]) store.objects.set(`videos/${video}.mp4`, video);
  const lines: string[] = [];
  let connections = 0;
  const provider = createProvider({
    connect: () => (connections++, cluster),
    openStore: (_settings, say) => store.open(say),
    write: (line) => lines.push(line),
  });
  const check = async (values: object = {}, olds: object = {}) => {
    const news = { ...given, ...values, ...(inPreview && { __preview: true }) };
    const { inputs, failures } = await provider.check!(olds as Inputs, news as Inputs);
    return { inputs: inputs as Inputs, failures };
  };
  const create = async (values: object = {}) => provider.create((await check(values)).inputs);
  const update = async (olds: Outputs, values: object = {}) => provider.update!("batch/thumbnails", olds, (await check(values)).inputs);
  const diff = async (olds: Outputs, values: object = {}) => provider.diff!("batch/thumbnails", olds, (await check(values, olds)).inputs);
  /** What the engine records of a create that failed. */
  const failedCreate = (values: object = {}) =>
    create(values).then(
      () => Promise.reject(new Error("it did not fail")),
      (error: unknown) => error as Error & { id: string; properties: Outputs; reasons: string[] },
    );
  return {
    cluster,
    store,
    lines,
    provider,
    check,
    create,
    update,
    diff,
    failedCreate,
    connections: () => connections,
  };
}

export const failing = (cluster: FakeCluster) =>
  (cluster.outcome = (_index, _attempt, env) =>
    env.includes("b.mp4") ? { exitCode: 65, message: "no video stream", log: "opening\nno video stream\n" } : { exitCode: 0 });

/** Paths of undefined values, which Pulumi's wire format does not have. */
export function undefinedIn(value: unknown, path = "outs"): string[] {
  if (value === undefined) return [path];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => undefinedIn(part, `${path}.${key}`));
}
