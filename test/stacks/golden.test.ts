import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { masked, valueOf } from "../components/harness";
import { readStackFile, runStack } from "./run";

/** What a user adds to the committed file of a stack on OVHcloud. */
const ofUser = { "ovh-mks-batch:images": JSON.stringify({ registry: "registry.example.com/batch" }) };

async function dump(stack: string, added: Record<string, string>): Promise<string> {
  const { result, resources, calls } = await runStack(stack, { ...readStackFile(stack), ...added });
  const outputs = await Promise.all(
    Object.entries(result).map(async ([name, value]) => {
      const output = pulumi.output(value as pulumi.Input<unknown>);
      return [name, (await pulumi.isSecret(output)) ? masked : await valueOf(output)] as const;
    }),
  );
  const order = (a: { type: string; name: string }, b: typeof a): number => (`${a.type} ${a.name}` < `${b.type} ${b.name}` ? -1 : 1);
  return `${JSON.stringify({ resources: [...resources].sort(order), calls, outputs: Object.fromEntries(outputs) }, sortKeys, 2)}\n`;
}

/** Makes JSON.stringify write the keys of every object in one order. */
function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The one setting that brings the metrics stack and its samples. */
const withMetrics = { "ovh-mks-batch:metrics": JSON.stringify({ enabled: true, metricsServer: "install", storage: { size: "20Gi" } }) };

describe.each([
  ["local", "local", {}],
  ["dev", "dev", ofUser],
  ["prod", "prod", ofUser],
  ["metrics", "local", withMetrics],
])("the resource graph %s, of stack %s", (name, stack, added) => {
  it("is the one in test/golden (to accept a change: npm run golden)", async () => {
    const file = join(__dirname, "..", "golden", `${name}.json`);
    const actual = await dump(stack, added);
    if (process.env.UPDATE_GOLDEN === "1") writeFileSync(file, actual);
    expect(actual).not.toMatch(/s3-secret|kubeconfig of the cluster|application-secret/);
    expect(JSON.parse(actual)).toEqual(JSON.parse(readFileSync(file, "utf8")));
  });
});
