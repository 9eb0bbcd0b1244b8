import { parseQueue, readSettings, settingsOf } from "../../../batch/spec/queue";
import { minimalQueue, queueWith } from "../fakes/queue";

const server = { host: "db.batch.svc.cluster.local", user: "reader", database: "shop" };
const query = "SELECT count(*) FROM orders";
const kafka = { bootstrapServers: ["kafka.batch.svc:9092"], group: "invoices", topic: "orders" };

/** Faults as `property: reason`. */
const faultsOf = (values: object): string[] =>
  (parseQueue({ ...minimalQueue, ...values }).faults ?? []).map(({ property, reason }) => `${property}: ${reason}`);
const faultOf = (trigger: object): string[] => faultsOf({ triggers: [trigger] });

test("what a queue has by default starts no item twice, kills nothing, and ends what hangs", () => {
  expect(queueWith()).toMatchObject({
    ...{ namespace: "batch", resultsPrefix: "batch/orders/", pool: "compute", cpu: "1", memory: "1Gi", readOnlyRootFilesystem: true },
    ...{ itemsPerRun: 1, itemTries: 3, maxReplicas: 100, pollingSeconds: 30, strategy: "default", rollout: "gradual", paused: false },
    ...{ retries: 0, taskDeadlineSeconds: 3600, keepRuns: 1000, ttlSeconds: 3600, successfulHistory: 100, failedHistory: 100 },
  });
});

test("all faults are told at once", () => {
  expect(
    faultsOf({
      ...{ name: "Orders!", itemsPerRun: 0, pollingSeconds: 0, maxReplicas: 0, strategy: "custom", polingSeconds: 5 },
      ...{ command: ["a"], shell: "b", env: { QUEUE_ITEMS: "7" } },
      triggers: [{ postgresql: { query } }, {}, { postgresql: { query, ...server }, kafka }],
    }),
  ).toEqual([
    expect.stringMatching(/^name: must be lower-case letters/),
    "triggers[0].postgresql.host: must be given (or 'connection')",
    "triggers[0].postgresql.user: must be given (or 'connection')",
    "triggers[0].postgresql.database: must be given (or 'connection')",
    "triggers[1]: must have one of 'postgresql', 'kafka' and 'custom'",
    "triggers[2].kafka: must be a trigger of its own, beside 'postgresql'",
    "itemsPerRun: must be at least 1, not 0",
    "maxReplicas: must be at least 1, not 0",
    "pollingSeconds: must be at least 1, not 0",
    "strategy: must be 'default', 'accurate' or 'eager', not \"custom\"",
    "polingSeconds: is not known; did you mean 'pollingSeconds'?",
    "shell: must not be given together with 'command'; keep one of them",
    "env.QUEUE_ITEMS: the variable is set by the queue",
  ]);
});

test("parameters of a BatchJob that mean nothing here are told as such", () => {
  expect(faultsOf({ matrix: { A: ["1"] }, parallelism: 3 })).toEqual([
    "matrix: is for a BatchJob only: here KEDA says what runs",
    "parallelism: is for a BatchJob only: here KEDA says what runs",
  ]);
});

test("there must be a trigger", () => expect(faultsOf({ triggers: [] })).toEqual(["triggers: must have at least one trigger"]));

describe("a postgresql trigger", () => {
  test("has a connection, or a server, but not both", () => {
    expect(faultOf({ postgresql: { query, ...server, password: { secret: "db", key: "password" } } })).toEqual([]);
    const connection = { secret: "db", key: "uri" };
    expect(faultOf({ postgresql: { query, connection, ...server, password: connection } })).toHaveLength(4);
  });

  test.each(["db", "localhost", "127.0.0.1"])("does not take the host %s, which means another one where KEDA is", (host) =>
    expect(faultOf({ postgresql: { query, ...server, host } })).toEqual([expect.stringContaining("must be a full name such as db.batch")]),
  );

  test.each([
    ["DELETE FROM orders RETURNING 1", "must be a SELECT of one number"],
    ["SELECT sum(n) FROM orders", "must not be NULL where nothing waits, which KEDA takes for an error: write COALESCE(…, 0)"],
    ["SELECT count(*) FROM (SELECT 1 FROM o FOR UPDATE SKIP LOCKED) q", expect.stringMatching(/^must lock no rows/)],
    ["SELECT count(*) FROM (SELECT 1 FROM o FOR NO KEY UPDATE) q", expect.stringMatching(/^must lock no rows/)],
    ["SELECT count(*) FROM (SELECT 1 FROM o FOR KEY SHARE) q", expect.stringMatching(/^must lock no rows/)],
  ])("does not take the query %s", (query, reason) => {
    const { faults = [] } = parseQueue({ ...minimalQueue, triggers: [{ postgresql: { query, ...server } }] });
    expect(faults.map(({ reason }) => reason)).toEqual([reason]);
  });

  test.each(["WITH q AS (SELECT 1) SELECT count(*) FROM q", "select coalesce(sum(n), 0) from orders"])("takes the query %s", (query) =>
    expect(faultOf({ postgresql: { query, ...server } })).toEqual([]),
  );
});

describe("a kafka trigger", () => {
  test("needs no more than servers, group and topic, and speaks a protocol that Kafka 4 knows", () => {
    expect(queueWith({ triggers: [{ kafka }] }).triggers[0]?.kafka).toMatchObject({
      ...{ offsetResetPolicy: "earliest", allowIdleConsumers: false, version: "3.6.0" },
    });
  });

  test("does not take what loses records or starts runs in vain", () => {
    expect(faultOf({ kafka: { ...kafka, offsetResetPolicy: "latest", allowIdleConsumers: true } })).toEqual([
      "triggers[0].kafka.offsetResetPolicy: must be 'earliest': with 'latest', what came before the group's first commit is never counted",
      "triggers[0].kafka.allowIdleConsumers: must be false: a run beyond the number of partitions gets none, and waits in vain; add partitions",
    ]);
  });

  test("has both user and password with sasl, and neither without; an authority only with tls; full names", () => {
    const key = { secret: "kafka", key: "user" };
    expect(faultOf({ kafka: { ...kafka, sasl: "scram_sha512" } })).toHaveLength(2);
    expect(faultOf({ kafka: { ...kafka, sasl: "scram_sha512", username: key, password: key } })).toEqual([]);
    expect(faultOf({ kafka: { ...kafka, username: key, password: key, ca: key } })).toHaveLength(3);
    expect(faultOf({ kafka: { ...kafka, certificate: key, key } })).toHaveLength(2);
    expect(faultOf({ kafka: { ...kafka, tls: true, certificate: key } })).toHaveLength(1);
    expect(faultOf({ kafka: { ...kafka, tls: true, key } })).toHaveLength(1);
    expect(faultOf({ kafka: { ...kafka, bootstrapServers: ["kafka:9092"] } })).toEqual([expect.stringContaining("must be host:port")]);
  });
});

test.each(["external-push", "cpu", "memory", "Rabbit MQ"])("a custom trigger is no %s", (type) =>
  expect(faultOf({ custom: { type, metadata: {} } })).toHaveLength(1),
);

test("its settings are read back, and those of another version too, as long as they are settings", () => {
  const settings = settingsOf(queueWith({ keepRuns: 7 }));
  expect(readSettings(JSON.parse(JSON.stringify(settings)))).toEqual(settings);
  expect(readSettings({ ...settings, later: 1 })).toMatchObject({ keepRuns: 7 });
  expect(readSettings({ ...settings, resultsPrefix: "../x" })).toBeUndefined();
  expect(readSettings("text")).toBeUndefined();
});
