import { createProvider, type Outputs } from "../../../components/batch/provider";
import { ClusterError } from "../../../kubernetes/cluster";
import { connect } from "../../../kubernetes/connect";
import { kubeconfig } from "../../batch/fakes/kubeconfig";
import { serve } from "../../batch/fakes/server";
import { away } from "../../batch/fakes/cluster";
import { setUp } from "./fakes/provider";

const variable = "PULUMI_K8S_DELETE_UNREACHABLE";
const id = "batch/thumbnails";
const fault = `the cluster does not answer (connect ECONNREFUSED); if it is gone for good, set ${variable}=true: then its Jobs count as deleted`;
const told = `thumbnails: the cluster does not answer (connect ECONNREFUSED): with ${variable}=true the Job counts as deleted; its records and results stay in the bucket`;

beforeEach(() => delete process.env[variable]);
afterAll(() => delete process.env[variable]);

/** A Job at work, or a schedule, on a cluster that has gone since. */
async function onLostCluster(values: object = { wait: "none" }) {
  const world = setUp();
  world.cluster.outcome = () => undefined;
  const outs = (await world.create(values)).outs as Outputs;
  world.cluster.breakDown(away());
  return { ...world, outs };
}

describe.each([
  ["a Job at work", { wait: "none" }],
  ["a schedule", { schedule: { cron: "30 2 * * *" } }],
])("on a cluster that does not answer, %s", (_what, values) => {
  test("is an error that names the variable, for delete and refresh", async () => {
    const { outs, provider } = await onLostCluster(values);
    for (const value of [undefined, "false", ""]) {
      if (value === undefined) delete process.env[variable];
      else process.env[variable] = value;
      await expect(provider.delete!(id, outs)).rejects.toThrow(fault);
      await expect(provider.read!(id, outs)).rejects.toThrow(fault);
    }
  });

  test("counts as deleted with the variable, and that is told", async () => {
    process.env[variable] = "true";
    const { outs, provider, lines } = await onLostCluster(values);
    await provider.delete!(id, outs);
    expect(lines.at(-1)).toBe(told);
    expect(await provider.read!(id, outs)).toEqual({ id: "" });
    expect(lines.slice(-2)).toEqual([told, told]);
  });
});

test("a Job that has ended is read without the cluster, and stays", async () => {
  process.env[variable] = "true";
  const { create, cluster, provider } = setUp();
  const outs = (await create()).outs as Outputs;
  cluster.breakDown(away());
  expect(await provider.read!(id, outs)).toEqual({ id, props: outs });
});

test.each([401, 403, 500, 503])("a cluster that answers %i is there, whatever the variable says", async (status) => {
  process.env[variable] = "true";
  const { outs, provider, cluster } = await onLostCluster();
  cluster.breakDown(new ClusterError(`refused (${status})`, status));
  await expect(provider.delete!(id, outs)).rejects.toThrow(`refused (${status})`);
});

test("a real cluster is asked with little patience", async () => {
  const world = setUp();
  world.cluster.outcome = () => undefined;
  const outs = (await world.create({ wait: "none" })).outs as Outputs;
  const { url, close } = await serve(() => undefined);
  await close();
  const asked: unknown[] = [];
  const provider = createProvider({
    connect: (text, timing) => (asked.push(timing), connect(text, timing && { silence: 100, patience: 100 })),
    openStore: () => world.store,
    write: () => undefined,
  });
  await expect(provider.delete!(id, { ...outs, kubeconfig: kubeconfig(url) })).rejects.toThrow(
    "the cluster does not answer (connect ECONNREFUSED",
  );
  expect(asked).toEqual([{ silence: 5_000, patience: 8_000 }]);
});
