import type * as core from "@pulumi/kubernetes/core/v1";
import * as ovh from "@ovhcloud/pulumi-ovh";
import * as pulumi from "@pulumi/pulumi";
import { throwFaults } from "../pulumi/faults";
import { createManagedCluster, endpointOf } from "../database/managed-cluster";
import { createAccess } from "../kubernetes/access";
import { accessSecretName, type Connection, connectionByTls, variablesOf } from "./access";
import type { KafkaOutputs, ManagedKafkaArgs } from "./args";
import { managedFaultsOf } from "./faults";

/** Nodes of each plan. */
const nodesOf = { business: 3, enterprise: 6 } as const;

/** OVHcloud's managed Kafka. Clients have a certificate each; here all share one. */
export class ManagedKafka extends pulumi.ComponentResource implements KafkaOutputs {
  readonly cluster: ovh.cloudproject.Database;
  readonly user: ovh.cloudprojectdatabase.User;
  readonly topics: readonly ovh.cloudprojectdatabase.KafkaTopic[];
  readonly acls: readonly ovh.cloudprojectdatabase.KafkaAcl[];
  readonly access: readonly core.Secret[];
  readonly connection: Connection;
  readonly bootstrapServers: pulumi.Output<string[]>;
  readonly tls = pulumi.output(true);
  readonly accessSecret = pulumi.output(accessSecretName);

  constructor(
    private readonly name: string,
    private readonly args: ManagedKafkaArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ovh-mks-batch:kafka:ManagedKafka", name, {}, opts);
    throwFaults(this, name, managedFaultsOf(args));
    const { plan } = args;
    this.cluster = createManagedCluster(this, name, args, { engine: "kafka", plan, nodes: nodesOf[plan] });
    this.user = this.createUser();
    this.topics = this.createTopics();
    this.acls = this.createAcls();
    this.bootstrapServers = endpointOf(this.cluster, name, "kafka", "Kafka").apply(({ domain, port }) => [`${domain}:${port}`]);
    this.connection = connectionByTls(this.bootstrapServers);
    const variables = variablesOf({ bootstrapServers: this.bootstrapServers, tls: this.certificates() });
    this.access = createAccess(this, name, accessSecretName, args.clientNamespaces, variables);
    const { bootstrapServers, tls, accessSecret } = this;
    this.registerOutputs({ bootstrapServers, tls, accessSecret });
  }

  /** Not the administrator: it may use these topics alone. */
  private createUser(): ovh.cloudprojectdatabase.User {
    const { serviceName } = this.args;
    return new ovh.cloudprojectdatabase.User(
      `${this.name}-user`,
      { serviceName, clusterId: this.cluster.id, engine: "kafka", name: "batch" },
      { parent: this },
    );
  }

  private createTopics(): ovh.cloudprojectdatabase.KafkaTopic[] {
    const { serviceName, topics, retentionHours = 168, protected: isProtected = false } = this.args;
    return topics.map(
      ({ name, partitions }) =>
        new ovh.cloudprojectdatabase.KafkaTopic(
          `${this.name}-topic-${resourceName(name)}`,
          // A record is kept while one node is away, and no record is taken while two are.
          { serviceName, clusterId: this.cluster.id, name, partitions, replication: 3, minInsyncReplicas: 2, retentionHours },
          { parent: this, protect: isProtected },
        ),
    );
  }

  private createAcls(): ovh.cloudprojectdatabase.KafkaAcl[] {
    const { serviceName, topics } = this.args;
    return topics.map(
      ({ name }) =>
        new ovh.cloudprojectdatabase.KafkaAcl(
          `${this.name}-acl-${resourceName(name)}`,
          { serviceName, clusterId: this.cluster.id, permission: "readwrite", topic: name, username: this.user.name },
          { parent: this },
        ),
    );
  }

  private certificates() {
    const { serviceName } = this.args;
    const of = { serviceName, clusterId: this.cluster.id };
    const own = ovh.cloudprojectdatabase.getKafkaUserAccessOutput({ ...of, userId: this.user.id }, { parent: this });
    const { ca } = ovh.cloudprojectdatabase.getCertificatesOutput({ ...of, engine: "kafka" }, { parent: this });
    return { ca, certificate: own.cert, key: own.key };
  }
}

/** Names of topics may have what Pulumi's names do not. */
const resourceName = (topic: string): string => topic.toLowerCase().replace(/[^a-z0-9]+/g, "-");
