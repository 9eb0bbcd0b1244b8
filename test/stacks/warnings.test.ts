import { readStackFile, runStack } from "./run";

const api = { applicationKey: "the-key", applicationSecret: "the-secret", consumerKey: "the-consumer" };

/** What a stack with these additions to its file warns of. */
async function warnings(stack: string, added: Record<string, object> = {}, env = {}): Promise<readonly string[]> {
  const file = readStackFile(stack);
  const images = { "ovh-mks-batch:images": JSON.stringify({ registry: "registry.example.com/batch" }) };
  const changes = Object.entries(added).map(([key, value]): [string, string] => {
    const own = JSON.parse(file[`ovh-mks-batch:${key}`] ?? "{}") as object;
    return [`ovh-mks-batch:${key}`, JSON.stringify({ ...own, ...value })];
  });
  return (await runStack(stack, { ...images, ...file, ...Object.fromEntries(changes) }, undefined, { env })).warnings;
}

describe("without autoscaler.api", () => {
  it("each pool that shrinks as a whole only is named, with what it may cost and the way out", async () => {
    expect(await warnings("prod")).toEqual([
      expect.stringMatching(/^pools\.system .*up to 5 nodes.*autoscaler\.api.*docs\/deploy\.md/),
      expect.stringMatching(/^pools\.compute .*up to 300 nodes.*autoscaler\.api.*docs\/deploy\.md/),
    ]);
  });

  it("pools of one node, of a fixed size or billed by month are not", async () => {
    const pools = {
      system: { minNodes: 3, maxNodes: 3, desiredNodes: 3 },
      compute: { maxNodes: 1 },
      gpu: { flavor: "c2-7", maxNodes: 9, monthlyBilled: true },
    };
    expect(await warnings("dev", { pools })).toEqual([]);
  });

  it("billing by the hour is no reason to warn less", async () => {
    expect(await warnings("prod", { autoscaler: { billing: "hourly" } })).toHaveLength(2);
  });

  it("the local cloud, whose nodes cost nothing, is not warned of", async () => {
    expect(await warnings("local", {}, { OVH_ENDPOINT: "http://127.0.0.1:18080/1.0" })).toEqual([]);
  });
});

it("with autoscaler.api, or without the autoscaler, there is no warning", async () => {
  expect(await warnings("prod", { autoscaler: { api } })).toEqual([]);
  expect(await warnings("prod", { autoscaler: { enabled: false } })).toEqual([]);
});
