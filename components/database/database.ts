import type { CronJob } from "@pulumi/kubernetes/batch/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { createAccess } from "../kubernetes/access";
import { digestOf } from "../kubernetes/pod";
import { createVolumeServer, metadataOf, type VolumeServer } from "../kubernetes/volume-server";
import { throwFaults } from "../pulumi/faults";
import { accessSecretName, variablesOf } from "./access";
import type { DatabaseArgs, DatabaseOutputs } from "./args";
import { createBackups } from "./backups";
import { faultsOf } from "./faults";
import { passwordKeys, port, portName, serverPod } from "./pod";

const objectName = "postgresql";
/** Of the pods that make and restore backups: the Service must not find them. */
const backupApp = "postgresql-backup";

/** PostgreSQL for small use in the cluster: one pod on a volume, with dumps into the bucket. */
export class Database extends pulumi.ComponentResource implements DatabaseOutputs {
  readonly passwords: Readonly<Record<keyof typeof passwordKeys, random.RandomPassword>>;
  readonly server: VolumeServer;
  readonly access: readonly core.Secret[];
  readonly cronJobs: readonly CronJob[];
  readonly host: pulumi.Output<string>;
  readonly port = pulumi.output(port);
  readonly database: pulumi.Output<string>;
  readonly user: pulumi.Output<string>;
  readonly passwordSecret = pulumi.output(accessSecretName);

  constructor(
    private readonly name: string,
    private readonly args: DatabaseArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ovh-mks-batch:database:Database", name, {}, opts);
    throwFaults(this, name, faultsOf(args));
    this.database = pulumi.output(args.database);
    this.user = pulumi.output(args.user);
    this.passwords = { user: this.createPassword("password"), backup: this.createPassword("backup-password") };
    this.server = this.createServer();
    this.host = this.server.host;
    this.access = createAccess(this, name, accessSecretName, args.clientNamespaces, variablesOf(this.accessOf("user")));
    this.cronJobs = this.createBackups();
    const { host, database, user, passwordSecret } = this;
    this.registerOutputs({ host, port: this.port, database, user, passwordSecret });
  }

  /** Without special characters: it goes into connection strings of programs. */
  private createPassword(suffix: string): random.RandomPassword {
    return new random.RandomPassword(`${this.name}-${suffix}`, { length: 32, special: false }, { parent: this });
  }

  private createServer(): VolumeServer {
    const { user, backup } = this.passwords;
    const stringData = { [passwordKeys.user]: pulumi.secret(user.result), [passwordKeys.backup]: pulumi.secret(backup.result) };
    const metadata = metadataOf(objectName, this.args.namespace, "postgresql-passwords");
    const secret = new core.Secret(`${this.name}-passwords`, { metadata, stringData }, { parent: this });
    return createVolumeServer(this, this.name, {
      ...this.args,
      app: objectName,
      port: { name: portName, number: port },
      pod: (made) => ({
        spec: serverPod({ ...this.args, ...made, passwordsSecret: secret.metadata.name }),
        // New passwords are set at the start.
        annotations: { "batch.ovh-mks/passwords": digestOf([user.result, backup.result]) },
      }),
    });
  }

  private accessOf(role: keyof typeof passwordKeys) {
    const { host, database } = this;
    const user = role === "user" ? this.args.user : "backup";
    return { host, port, database, user, password: this.passwords[role].result, boundToChannel: true };
  }

  private createBackups(): CronJob[] {
    const { backup, volume } = this.args;
    if (!backup) return [];
    const secretOf = (role: keyof typeof passwordKeys): pulumi.Output<string> => {
      const metadata = metadataOf(backupApp, this.args.namespace, `postgresql-${role === "user" ? "restore" : "backup"}`);
      const stringData = variablesOf(this.accessOf(role));
      return new core.Secret(`${this.name}-${role}-access`, { metadata, stringData }, { parent: this }).metadata.name;
    };
    return createBackups(this, this.name, {
      ...this.args,
      backup,
      size: volume.size,
      metadata: metadataOf(backupApp, this.args.namespace, objectName),
      ownerSecret: secretOf("user"),
      readerSecret: secretOf("backup"),
    });
  }
}
