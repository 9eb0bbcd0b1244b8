import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse, stringify } from "yaml";
import { digest } from "../../components/kubernetes/pod";
import { masked, valueOf } from "../components/harness";
import { differences, type Json, merged } from "./merge-patch";
import { readStackFile, runStack } from "./run";

/** What a user adds to the committed file of a stack on OVHcloud. */
const ofUser = { "ovh-mks-batch:images": JSON.stringify({ registry: "registry.example.com/batch" }) };

/** Every resource of a stack by its type and name, what it asks the providers, and its outputs. */
async function dump(stack: string, added: Record<string, string>): Promise<Json> {
  const { result, resources, calls } = await runStack(stack, { ...readStackFile(stack), ...added });
  const outputs = await Promise.all(
    Object.entries(result).map(async ([name, value]) => {
      const output = pulumi.output(value as pulumi.Input<unknown>);
      return [name, (await pulumi.isSecret(output)) ? masked : await valueOf(output)] as const;
    }),
  );
  const named = resources.map(({ type, name, ...rest }) => [`${type} ${name}`, shortened(rest)] as const);
  expect(new Set(named.map(([key]) => key)).size).toBe(resources.length);
  return JSON.parse(JSON.stringify({ calls, outputs: Object.fromEntries(outputs), resources: Object.fromEntries(named) })) as Json;
}

/** Schemas of others are long: of each there is the digest, which changes with it. */
function shortened<T extends { readonly inputs: Record<string, unknown> }>(resource: T): T {
  const text = JSON.stringify(resource, (key, value: unknown) => (key === "openAPIV3Schema" ? digest(JSON.stringify(value)) : value));
  return JSON.parse(text) as T;
}

const fileOf = (name: string): string => join(__dirname, "..", "golden", `${name}.yaml`);
const readGolden = (name: string): Json => parse(readFileSync(fileOf(name), "utf8")) as Json;

/** With ScaledObjects it is all that there is of KEDA. */
const withKeda = { "ovh-mks-batch:keda": JSON.stringify({ enabled: true, scaledObjects: true }) };

const withKarpenter = {
  "ovh-mks-batch:karpenter": JSON.stringify({
    enabled: true,
    provisioner: "karpenter",
    api: { applicationKey: "key", applicationSecret: "application-secret", consumerKey: "consumer-key" },
    nodePools: {
      batch: { families: ["b3", "c2"], limits: { cpu: "200", nodes: 30 } },
      monthly: { flavors: ["b2-7"], monthlyBilled: true },
    },
  }),
};

/** The one setting that brings the metrics stack and its samples. */
const withMetrics = { "ovh-mks-batch:metrics": JSON.stringify({ enabled: true, metricsServer: "install", storage: { size: "20Gi" } }) };

/** The sample queue, beside KEDA and the database that it needs. */
const withQueue = {
  "ovh-mks-batch:keda": JSON.stringify({ enabled: true }),
  "ovh-mks-batch:queues": JSON.stringify({ orders: { query: "SELECT count(*) FROM orders WHERE status IN ('waiting', 'running')" } }),
};

/** Kafka, and a queue of its records. */
const withKafka = {
  "ovh-mks-batch:kafka": JSON.stringify({ enabled: true, topics: { orders: { partitions: 4 } } }),
  "ovh-mks-batch:queues": JSON.stringify({ invoices: { topic: "orders", image: "spring-batch" } }),
};

const withDatabase = (more: object) => ({ "ovh-mks-batch:database": JSON.stringify({ enabled: true, ...more }) });

/** Each golden file but the first holds the differences from another one, and is short enough to review. */
const bases: Readonly<Record<string, string>> = {
  dev: "local",
  prod: "dev",
  metrics: "local",
  keda: "local",
  karpenter: "local",
  database: "local",
  "database-managed": "prod",
  queue: "database",
  kafka: "queue",
  "kafka-managed": "prod",
};

describe.each([
  ["local", "local", {}],
  ["dev", "dev", ofUser],
  ["prod", "prod", ofUser],
  ["metrics", "local", withMetrics],
  ["keda", "local", withKeda],
  ["karpenter", "local", withKarpenter],
  ["database", "local", withDatabase({})],
  ["queue", "local", { ...withDatabase({}), ...withQueue }],
  ["kafka", "local", { ...withDatabase({}), ...withQueue, ...withKafka }],
  [
    "kafka-managed",
    "prod",
    { ...ofUser, "ovh-mks-batch:kafka": JSON.stringify({ enabled: true, kind: "managed", topics: { orders: {} } }) },
  ],
  ["database-managed", "prod", { ...ofUser, ...withDatabase({ kind: "managed" }) }],
])("the resource graph %s, of stack %s", (name, stack, added) => {
  it("is the one in test/golden (to accept a change: npm run golden)", async () => {
    const actual = await dump(stack, added);
    expect(JSON.stringify(actual)).not.toMatch(/s3-secret|generated|made by OVHcloud|kubeconfig of the cluster|application-secret/);
    const from = baseOf(name);
    if (process.env.UPDATE_GOLDEN === "1") {
      writeFileSync(
        fileOf(name),
        stringify(differences(from, actual), { sortMapEntries: true, lineWidth: 0, aliasDuplicateObjects: false }),
      );
    }
    expect(actual).toEqual(merged(from, readGolden(name)));
  });
});

/** What a golden file is the differences from, whole. */
function baseOf(name: string): Json {
  const base = bases[name];
  return base === undefined ? {} : merged(baseOf(base), readGolden(base));
}
