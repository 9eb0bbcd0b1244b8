import type * as core from "@pulumi/kubernetes/core/v1";
import * as ovh from "@ovhcloud/pulumi-ovh";
import * as pulumi from "@pulumi/pulumi";
import { throwFaults } from "../pulumi/faults";
import { createAccess } from "../kubernetes/access";
import { accessSecretName, variablesOf } from "./access";
import type { DatabaseOutputs, ManagedDatabaseArgs } from "./args";
import { managedFaultsOf } from "./faults";
import { createManagedCluster, endpointOf } from "./managed-cluster";

/** Nodes of each plan. */
const nodesOf = { essential: 1, business: 2, enterprise: 3 } as const;

/** OVHcloud's managed PostgreSQL, with backups of its own. */
export class ManagedDatabase extends pulumi.ComponentResource implements DatabaseOutputs {
  readonly cluster: ovh.cloudproject.Database;
  readonly administrator: ovh.cloudprojectdatabase.PostgresSqlUser;
  readonly instance: ovh.cloudprojectdatabase.DatabaseInstance;
  readonly access: readonly core.Secret[];
  readonly host: pulumi.Output<string>;
  readonly port: pulumi.Output<number>;
  readonly database: pulumi.Output<string>;
  readonly user: pulumi.Output<string>;
  readonly passwordSecret = pulumi.output(accessSecretName);

  constructor(
    private readonly name: string,
    private readonly args: ManagedDatabaseArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ovh-mks-batch:database:ManagedDatabase", name, {}, opts);
    throwFaults(this, name, managedFaultsOf(args));
    const { plan } = args;
    this.cluster = createManagedCluster(this, name, args, { engine: "postgresql", plan, nodes: nodesOf[plan] });
    this.administrator = this.createAdministrator();
    this.instance = this.createInstance();
    const endpoint = endpointOf(this.cluster, name, "postgresql", "the database");
    this.host = endpoint.apply(({ domain }) => domain);
    this.port = endpoint.apply(({ port }) => port);
    this.database = this.instance.name;
    this.user = this.administrator.name;
    const { host, port, database, user, passwordSecret } = this;
    const password = this.administrator.password;
    const variables = variablesOf({ host, port, database, user, password, boundToChannel: false });
    this.access = createAccess(this, name, accessSecretName, args.clientNamespaces, variables);
    this.registerOutputs({ host, port, database, user, passwordSecret });
  }

  /** OVHcloud's administrator, who is there already: this resets the password. Other users may make no tables in a database that the API makes. */
  private createAdministrator(): ovh.cloudprojectdatabase.PostgresSqlUser {
    const { serviceName } = this.args;
    return new ovh.cloudprojectdatabase.PostgresSqlUser(
      `${this.name}-administrator`,
      { serviceName, clusterId: this.cluster.id, name: "avnadmin" },
      { parent: this },
    );
  }

  private createInstance(): ovh.cloudprojectdatabase.DatabaseInstance {
    const { serviceName, database } = this.args;
    return new ovh.cloudprojectdatabase.DatabaseInstance(
      `${this.name}-database`,
      { serviceName, clusterId: this.cluster.id, engine: "postgresql", name: database },
      { parent: this },
    );
  }
}
