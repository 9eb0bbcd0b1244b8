import * as apps from "@pulumi/kubernetes/apps/v1";
import type { CronJob } from "@pulumi/kubernetes/batch/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import type { NetworkPolicy } from "@pulumi/kubernetes/networking/v1";
import * as policy from "@pulumi/kubernetes/policy/v1";
import type { input } from "@pulumi/kubernetes/types";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { openPort } from "../kubernetes/open-port";
import { digestOf } from "../kubernetes/pod";
import { managedBy } from "../kubernetes/pod-security";
import { throwFaults } from "../pulumi/faults";
import { accessSecretName, createAccess, variablesOf } from "./access";
import type { DatabaseArgs, DatabaseOutputs } from "./args";
import { createBackups } from "./backups";
import { faultsOf } from "./faults";
import { passwordKeys, port, portName, serverPod } from "./pod";

const objectName = "postgresql";
const serverLabels = { "app.kubernetes.io/name": objectName };
/** Of the pods that make and restore backups: the Service must not find them. */
const backupLabels = { "app.kubernetes.io/name": "postgresql-backup" };

/** PostgreSQL for small use in the cluster: one pod on a volume, with dumps into the bucket. */
export class Database extends pulumi.ComponentResource implements DatabaseOutputs {
  readonly passwords: Readonly<Record<keyof typeof passwordKeys, random.RandomPassword>>;
  readonly claim: core.PersistentVolumeClaim;
  readonly service: core.Service;
  readonly network: NetworkPolicy;
  readonly statefulSet: apps.StatefulSet;
  readonly disruptionBudget: policy.PodDisruptionBudget;
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
    this.claim = this.createClaim();
    this.service = this.createService();
    // Not by the Service's outputs: Pulumi takes that for ready when its pod is, which would wait for it.
    this.host = pulumi.interpolate`${objectName}.${args.namespace}.svc.cluster.local`;
    this.network = openPort(this, `${name}-network`, {
      metadata: this.metadata(),
      labels: serverLabels,
      port: portName,
      from: this.peers(),
    });
    this.statefulSet = this.createStatefulSet();
    this.disruptionBudget = this.createDisruptionBudget();
    this.access = createAccess(this, name, args.clientNamespaces, this.accessOf("user"));
    this.cronJobs = this.createBackups();
    const { host, database, user, passwordSecret } = this;
    this.registerOutputs({ host, port: this.port, database, user, passwordSecret });
  }

  private metadata(labels: Record<string, string> = serverLabels): input.meta.v1.ObjectMeta {
    return { name: objectName, namespace: this.args.namespace, labels: { ...managedBy, ...labels } };
  }

  /** Without special characters: it goes into connection strings of programs. */
  private createPassword(suffix: string): random.RandomPassword {
    return new random.RandomPassword(`${this.name}-${suffix}`, { length: 32, special: false }, { parent: this });
  }

  private createClaim(): core.PersistentVolumeClaim {
    const { size, className } = this.args.volume;
    const { protected: isProtected } = this.args;
    return new core.PersistentVolumeClaim(
      `${this.name}-claim`,
      {
        metadata: this.metadata(),
        spec: {
          accessModes: ["ReadWriteOnce"],
          resources: { requests: { storage: size } },
          ...(className !== undefined && { storageClassName: className }),
        },
      },
      // Another class would mean another claim, which cannot be made before this one is gone, and with it the data.
      { parent: this, protect: isProtected, retainOnDelete: isProtected, ignoreChanges: ["spec.storageClassName"] },
    );
  }

  private createService(): core.Service {
    return new core.Service(
      `${this.name}-service`,
      { metadata: this.metadata(), spec: { selector: serverLabels, ports: [{ name: portName, port, targetPort: portName }] } },
      { parent: this },
    );
  }

  /** Pods of its own namespace, such as those of backups, and of the clients'. */
  private peers(): input.networking.v1.NetworkPolicyPeer[] {
    const named = this.args.clientNamespaces.map((namespace) => ({
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
    }));
    return [{ podSelector: {} }, ...named];
  }

  private createStatefulSet(): apps.StatefulSet {
    const { user, backup } = this.passwords;
    const stringData = { [passwordKeys.user]: pulumi.secret(user.result), [passwordKeys.backup]: pulumi.secret(backup.result) };
    const metadata = { ...this.metadata(), name: "postgresql-passwords" };
    const secret = new core.Secret(`${this.name}-passwords`, { metadata, stringData }, { parent: this });
    return new apps.StatefulSet(
      `${this.name}-stateful-set`,
      {
        metadata: this.metadata(),
        spec: {
          replicas: 1,
          serviceName: objectName,
          selector: { matchLabels: serverLabels },
          template: {
            // New passwords are set at the start.
            metadata: {
              labels: { ...managedBy, ...serverLabels },
              annotations: { "batch.ovh-mks/passwords": digestOf([user.result, backup.result]) },
            },
            spec: serverPod({
              ...this.args,
              claimName: this.claim.metadata.name,
              passwordsSecret: secret.metadata.name,
              host: this.host,
            }),
          },
        },
      },
      { parent: this },
    );
  }

  /** Nobody drains its node by the way: each move is an outage. OVHcloud goes ahead after 10 minutes when it must. */
  private createDisruptionBudget(): policy.PodDisruptionBudget {
    return new policy.PodDisruptionBudget(
      `${this.name}-disruption-budget`,
      { metadata: this.metadata(), spec: { minAvailable: 1, selector: { matchLabels: serverLabels } } },
      { parent: this },
    );
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
      const metadata = { ...this.metadata(backupLabels), name: `postgresql-${role === "user" ? "restore" : "backup"}` };
      const stringData = variablesOf(this.accessOf(role));
      return new core.Secret(`${this.name}-${role}-access`, { metadata, stringData }, { parent: this }).metadata.name;
    };
    return createBackups(this, this.name, {
      ...this.args,
      backup,
      size: volume.size,
      metadata: this.metadata(backupLabels),
      ownerSecret: secretOf("user"),
      readerSecret: secretOf("backup"),
    });
  }
}
