import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { Kafka, type KafkaArgs, ManagedKafka, type ManagedKafkaArgs } from "../../../components/kafka";
import { variablesOf } from "../../../components/kafka/access";
import { heapOf } from "../../../components/kafka/pod";
import { record, valueOf } from "../harness";
import { callMocks, resourceMocks } from "../mocks";
import { kafkaArgs, managedKafkaArgs } from "../samples";

const mocks = { resources: resourceMocks, calls: callMocks };
const create = (args: Partial<KafkaArgs> = {}) => record(() => new Kafka("k", { ...kafkaArgs, ...args }), mocks);
const createManaged = (args: Partial<ManagedKafkaArgs> = {}) =>
  record(() => new ManagedKafka("k", { ...managedKafkaArgs, ...args }), mocks);

interface PodSpec {
  readonly containers: readonly { readonly args: string[]; readonly env: object[] }[];
}
const podOf = ({ inputs }: { inputs: Record<string, unknown> }): PodSpec => (inputs.spec as { template: { spec: PodSpec } }).template.spec;
const outputsOf = ({ bootstrapServers, tls, accessSecret }: Kafka | ManagedKafka): Promise<unknown[]> =>
  Promise.all([bootstrapServers, tls, accessSecret].map((one) => valueOf(one as pulumi.Output<unknown>)));

describe("Kafka", () => {
  it("keeps its identity over restarts, and tells clients the name of its Service", async () => {
    const { find, result } = await create();
    expect(podOf(find("kubernetes:apps/v1:StatefulSet")).containers[0]!.env).toEqual([
      { name: "KAFKA_DATA", value: "/var/lib/kafka" },
      { name: "KAFKA_HOST", value: "kafka.kafka.svc.cluster.local" },
      { name: "KAFKA_CLUSTER_ID", value: "GisqPBorKjwaKyo8GisqPA" },
      { name: "KAFKA_HEAP", value: "512m" },
      { name: "KAFKA_RETENTION_HOURS", value: "168" },
    ]);
    expect(await outputsOf(result)).toEqual([["kafka.kafka.svc.cluster.local:9092"], false, "kafka"]);
  });

  it("has half its memory for the heap", () => expect([heapOf("512Mi"), heapOf("3Gi")]).toEqual(["256m", "1536m"]));

  it("makes its topics by a Job, and other topics by another", async () => {
    const topics = [
      { name: "orders", partitions: 4 },
      { name: "returns", partitions: 1 },
    ];
    const job = (await create({ topics })).find("kubernetes:batch/v1:Job");
    expect(podOf(job).containers[0]).toMatchObject({
      args: ["topics", "orders:4", "returns:1"],
      env: [{ name: "KAFKA_BOOTSTRAP_SERVERS", value: "kafka.kafka.svc.cluster.local:9092" }],
    });
    const nameOf = ({ inputs }: typeof job): string => (inputs.metadata as { name: string }).name;
    expect(nameOf((await create()).find("kubernetes:batch/v1:Job"))).not.toBe(nameOf(job));
    expect((await create({ topics: [] })).resources.filter(({ type }) => type === "kubernetes:batch/v1:Job")).toEqual([]);
  });

  it("tells a program all that it needs, in variables", async () => {
    expect(await valueOf(pulumi.output(variablesOf({ bootstrapServers: ["a.b:1", "c.d:2"] })))).toEqual({
      KAFKA_BOOTSTRAP_SERVERS: "a.b:1,c.d:2",
      KAFKA_SECURITY_PROTOCOL: "PLAINTEXT",
    });
    const tls = { ca: "the authority", certificate: "the certificate", key: "the key" };
    expect(await valueOf(pulumi.output(variablesOf({ bootstrapServers: ["a.b:1"], tls })))).toEqual({
      KAFKA_BOOTSTRAP_SERVERS: "a.b:1",
      KAFKA_SECURITY_PROTOCOL: "SSL",
      KAFKA_CA: "the authority",
      KAFKA_CERTIFICATE: "the certificate",
      KAFKA_KEY: "the key",
    });
  });

  it("has the version of Kafka of the clients that the project's images have", () => {
    const parentOf = (image: string): string =>
      /<parent>[^]*<\/parent>/.exec(readFileSync(join(__dirname, "..", "..", "..", "images", image, "pom.xml"), "utf8"))![0];
    expect(parentOf("kafka")).toBe(parentOf("spring-batch"));
  });

  it("refuses wrong args, all at once", async () => {
    const topics = [
      { name: "a topic", partitions: 0 },
      { name: "twice", partitions: 1 },
      { name: "twice", partitions: 1 },
    ];
    const failure = create({ topics, retentionHours: 0, memory: "256Mi" });
    for (const property of ["topics[0].name", "topics[0].partitions", "topics[2].name", "retentionHours", "memory"])
      await expect(failure).rejects.toThrow(`  - ${property} (`);
  });
});

describe("ManagedKafka", () => {
  it("has topics that outlive a node, which its user may use, and the same outputs", async () => {
    const { find, result } = await createManaged();
    expect(find("ovh:CloudProject/database:Database").inputs).toMatchObject({ version: "4.0" });
    expect(find("ovh:CloudProjectDatabase/kafkaTopic:KafkaTopic").inputs).toMatchObject({
      name: "orders",
      partitions: 4,
      replication: 3,
      minInsyncReplicas: 2,
      retentionHours: 168,
    });
    expect(find("ovh:CloudProjectDatabase/kafkaAcl:KafkaAcl").inputs).toMatchObject({
      topic: "orders",
      permission: "readwrite",
      username: "batch",
    });
    expect(await outputsOf(result)).toEqual([["kafka-1.database.cloud.ovh.net:20184"], true, "kafka"]);
  });

  it("connects queues by TLS, with the keys that its Secret has", async () => {
    const { tls, ca, certificate, key } = (await createManaged()).result.connection;
    const of = (key: string) => ({ secret: "kafka", key });
    expect({ tls, ca, certificate, key }).toEqual({
      tls: true,
      ca: of("KAFKA_CA"),
      certificate: of("KAFKA_CERTIFICATE"),
      key: of("KAFKA_KEY"),
    });
    expect(Object.keys((await create()).result.connection)).toEqual(["bootstrapServers"]);
  });

  it("keeps its topics where it is protected", async () => {
    const { find } = await createManaged({ protected: true });
    expect(find("ovh:CloudProjectDatabase/kafkaTopic:KafkaTopic").options).toMatchObject({ protect: true });
  });
});
