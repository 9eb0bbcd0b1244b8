import * as batch from "@pulumi/kubernetes/batch/v1";
import type * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { createAccess } from "../kubernetes/access";
import { digest } from "../kubernetes/pod";
import { createVolumeServer, metadataOf, type VolumeServer } from "../kubernetes/volume-server";
import { throwFaults } from "../pulumi/faults";
import { accessSecretName, type Connection, variablesOf } from "./access";
import type { KafkaArgs, KafkaOutputs } from "./args";
import { faultsOf } from "./faults";
import { port, portName, serverPod, topicsPod } from "./pod";

const objectName = "kafka";
/** Of the pods that make topics: the Service must not find them. */
const topicsApp = "kafka-topics";

/** Kafka for small use in the cluster: one pod, broker and controller in one, on a volume. Connections are in the clear; a NetworkPolicy says from where. */
export class Kafka extends pulumi.ComponentResource implements KafkaOutputs {
  readonly clusterId: random.RandomId;
  readonly server: VolumeServer;
  /** Undefined without topics. */
  readonly topics?: batch.Job;
  readonly access: readonly core.Secret[];
  readonly connection: Connection;
  readonly bootstrapServers: pulumi.Output<string[]>;
  readonly tls = pulumi.output(false);
  readonly accessSecret = pulumi.output(accessSecretName);

  constructor(
    private readonly name: string,
    private readonly args: KafkaArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ovh-mks-batch:kafka:Kafka", name, {}, opts);
    throwFaults(this, name, faultsOf(args));
    this.clusterId = new random.RandomId(`${name}-cluster-id`, { byteLength: 16 }, { parent: this });
    this.server = createVolumeServer(this, name, {
      ...args,
      app: objectName,
      port: { name: portName, number: port },
      pod: (made) => ({ spec: serverPod({ retentionHours: 168, ...args, ...made, clusterId: this.clusterId.b64Url }) }),
    });
    this.bootstrapServers = this.server.host.apply((host) => [`${host}:${port}`]);
    this.connection = { bootstrapServers: this.bootstrapServers };
    this.topics = this.createTopics();
    this.access = createAccess(
      this,
      name,
      accessSecretName,
      args.clientNamespaces,
      variablesOf({ bootstrapServers: this.bootstrapServers }),
    );
    const { bootstrapServers, tls, accessSecret } = this;
    this.registerOutputs({ bootstrapServers, tls, accessSecret });
  }

  private createTopics(): batch.Job | undefined {
    const { topics, namespace } = this.args;
    const { host, statefulSet, service } = this.server;
    if (topics.length === 0) return undefined;
    const metadata = metadataOf(topicsApp, namespace, `${topicsApp}-${digest(JSON.stringify(topics))}`);
    return new batch.Job(
      `${this.name}-topics`,
      {
        // A Job runs once: other topics are another Job.
        metadata,
        spec: {
          backoffLimit: 6,
          activeDeadlineSeconds: 600,
          template: {
            metadata: { labels: metadata.labels },
            spec: topicsPod({ ...this.args, server: pulumi.interpolate`${host}:${port}` }),
          },
        },
      },
      { parent: this, dependsOn: [statefulSet, service] },
    );
  }
}
