import { Provider } from "@pulumi/kubernetes/provider";
import * as pulumi from "@pulumi/pulumi";
import { QueueJob, type QueueJobArgs } from "../../../components/keda/queue-job";
import { queueOf } from "../../../components/keda/queue-job/check";
import { queueManifests } from "../../../batch/jobs/manifest/scaled-job";
import { parseQueue } from "../../../batch/spec/queue";
import { record, valueOf } from "../harness";
import { resourceMocks } from "../mocks";
import { queueArgs } from "../samples";

const types = { scaledJob: "kubernetes:keda.sh/v1alpha1:ScaledJob", authentication: "kubernetes:keda.sh/v1alpha1:TriggerAuthentication" };

const create = (args: Partial<QueueJobArgs> = {}, preview = false) =>
  record(() => new QueueJob("orders", { ...queueArgs, ...args }), { resources: resourceMocks, preview });

const check = (args: object, secrets: readonly string[] = []) => queueOf("orders", { ...queueArgs, name: "orders", ...args }, secrets);

test("it is one ScaledJob, with the keys that its triggers read, which must be there first", async () => {
  const { find, resources, result } = await create();
  const { queue } = parseQueue({ ...queueArgs, name: "orders" });
  const { scaledJob, authentications } = queueManifests(queue!);
  expect(find(types.scaledJob)).toMatchObject({
    ...{ name: "orders-scaled-job", parent: "ovh-mks-batch:keda:QueueJob orders", inputs: scaledJob },
    options: { dependsOn: [`${types.authentication} orders-trigger-0`] },
  });
  expect(find(types.authentication).inputs).toEqual(authentications.get(0));
  expect(resources).toHaveLength(3);
  expect(await valueOf(result.resultsPrefix)).toBe("batch/orders/");
});

test("a trigger without secrets has no TriggerAuthentication, and outputs may be anywhere", async () => {
  const { resources, find } = await create({
    name: "invoices",
    image: pulumi.output("registry.example.com/sql-batch:2"),
    triggers: [{ kafka: { bootstrapServers: [pulumi.output("kafka.batch.svc:9092")], group: "invoices", topic: pulumi.output("orders") } }],
  });
  expect(resources.map(({ type }) => type)).not.toContain(types.authentication);
  expect(find(types.scaledJob).inputs).toMatchObject({
    metadata: { name: "invoices" },
    spec: {
      jobTargetRef: { template: { spec: { containers: [{ image: "registry.example.com/sql-batch:2" }] } } },
      triggers: [{ type: "kafka", metadata: { bootstrapServers: "kafka.batch.svc:9092", topic: "orders" } }],
    },
  });
});

test("all faults of what is known are told before anything is created, those of what is not once it is", async () => {
  const triggers = [{ postgresql: { query: "SELECT 1", host: "db", user: "reader" } }];
  await expect(create({ maxReplicas: 0, image: pulumi.output("a"), triggers })).rejects.toThrow(
    [
      "orders: its args are not valid:",
      '  - triggers[0].postgresql.host: must be a full name such as db.batch.svc.cluster.local, for KEDA asks from another namespace, not "db"',
      "  - triggers[0].postgresql.database: must be given (or 'connection')",
      "  - maxReplicas: must be at least 1, not 0",
    ].join("\n"),
  );
  expect(() => check({ image: "a b", itemTries: 0 })).toThrow(
    /^orders: its args are not valid:\n {2}- image: must be an image reference .*\n {2}- itemTries: must be at least 1/,
  );
});

test("a secret does not get where everybody sees it", () => {
  expect(() => check({ env: { PGPASSWORD: "s3cret" } }, ["env.PGPASSWORD", "triggers[0].postgresql.host"])).toThrow(
    [
      "orders: its args are not valid:",
      "  - env.PGPASSWORD must not be a secret: use secretEnv or envFrom, with a Secret of the namespace that holds it",
      "  - triggers[0].postgresql.host must not be a secret: name the key of a Secret ('connection', 'password', 'authentication'), or take Pulumi's mark off with pulumi.unsecret",
    ].join("\n"),
  );
});

test("it is in the cluster of the provider that it is given", async () => {
  const { resources } = await record(
    () => new QueueJob("orders", queueArgs, { provider: new Provider("mine", { kubeconfig: "kubeconfig" }) }),
    { resources: resourceMocks },
  );
  const objects = resources.filter(({ type }) => type.startsWith("kubernetes:"));
  expect(objects.map(({ provider }) => provider)).toEqual(objects.map(() => "pulumi:providers:kubernetes mine"));
});
