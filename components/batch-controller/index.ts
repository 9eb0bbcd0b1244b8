import * as apps from "@pulumi/kubernetes/apps/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import type { NetworkPolicy } from "@pulumi/kubernetes/networking/v1";
import * as policy from "@pulumi/kubernetes/policy/v1";
import type { input } from "@pulumi/kubernetes/types";
import * as pulumi from "@pulumi/pulumi";
import type { TaintArgs } from "../cluster/node-pool";
import { grantClusterRole } from "../kubernetes/cluster-role";
import { allowCritical } from "../kubernetes/critical";
import { isolate } from "../kubernetes/isolate";
import { digestOf } from "../kubernetes/pod";
import { managedBy } from "../kubernetes/pod-security";
import { createPullSecret, type RegistryAccountArgs } from "../kubernetes/pull-secret";
import { grantRole } from "../kubernetes/role";
import type { BucketArgs } from "../namespace";
import { configKey, notificationsFile, notificationsKey, podLabels, podSpec, port, portName } from "./pod";
import { clusterRules, namespaceRules } from "./rbac";

/** The batch controller (controller/), on the system pool: it records and finishes the batch Jobs of one namespace, from another one beside it. */

export interface BatchControllerArgs {
  /** Namespace of the batch Jobs, which must be there. */
  readonly namespace: pulumi.Input<string>;
  /** Namespace that it runs in, which must be there and have the bucket and the operators' keys in the Secret `s3-credentials`. */
  readonly operatorNamespace: pulumi.Input<string>;
  /** What that Secret holds: the pods, which read it once, restart when it changes. */
  readonly bucket: Pick<BucketArgs, "name" | "endpoint" | "region" | "operatorCredentials">;
  /** Image reference, with its tag. */
  readonly image: pulumi.Input<string>;
  /** Account of the image's registry, which becomes a Secret of the namespace. @default none is needed */
  readonly pullSecret?: RegistryAccountArgs;
  /** Pool whose nodes run it. */
  readonly pool: pulumi.Input<string>;
  /** Taints of that pool, which the pods tolerate. @default none */
  readonly poolTaints?: readonly TaintArgs[];
  /** Pods, of which one leads. */
  readonly replicas: number;
  /** Who is notified of the end of Jobs, addresses and tokens included; a Secret holds it. @default nobody */
  readonly notifications?: pulumi.Input<object>;
  /** Namespace of a Prometheus that may scrape the pods. @default none may */
  readonly scrapedFrom?: string;
}

export class BatchController extends pulumi.ComponentResource {
  readonly serviceAccount: core.ServiceAccount;
  readonly configMap: core.ConfigMap;
  readonly notificationsSecret?: core.Secret;
  readonly pullSecret?: core.Secret;
  readonly network: NetworkPolicy;
  readonly deployment: apps.Deployment;
  readonly disruptionBudget?: policy.PodDisruptionBudget;

  constructor(
    private readonly name: string,
    private readonly args: BatchControllerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ovh-mks-batch:controller:BatchController", name, {}, opts);
    this.serviceAccount = this.createServiceAccount();
    const grants = [...this.createRole(), ...this.createClusterRole(), this.createQuota()];
    const config = pulumi.jsonStringify(configOf(args), undefined, 2);
    this.configMap = this.createConfigMap(config);
    if (args.notifications) this.notificationsSecret = this.createNotificationsSecret(args.notifications);
    if (args.pullSecret) this.pullSecret = this.createPullSecret(args.pullSecret);
    this.network = this.createNetworkPolicy();
    this.deployment = this.createDeployment(config, grants);
    if (args.replicas > 1) this.disruptionBudget = this.createDisruptionBudget();
    this.registerOutputs({});
  }

  private metadata(namespace = this.args.operatorNamespace): input.meta.v1.ObjectMeta {
    return { name: "batch-controller", namespace, labels: { ...managedBy, ...podLabels } };
  }

  private subjects(): input.rbac.v1.Subject[] {
    const { name, namespace } = this.serviceAccount.metadata;
    return [{ kind: "ServiceAccount", name, namespace }];
  }

  private createServiceAccount(): core.ServiceAccount {
    return new core.ServiceAccount(
      `${this.name}-service-account`,
      // Only the Deployment's own pods get its token.
      { metadata: this.metadata(), automountServiceAccountToken: false },
      { parent: this },
    );
  }

  private createRole(): pulumi.Resource[] {
    const metadata = this.metadata(this.args.namespace);
    return grantRole(this, `${this.name}-role`, { metadata, rules: namespaceRules, subjects: this.subjects() });
  }

  private createClusterRole(): pulumi.Resource[] {
    const metadata = { name: "ovh-mks-batch-controller", labels: { ...managedBy, ...podLabels } };
    return grantClusterRole(this, `${this.name}-cluster-role`, { metadata, rules: clusterRules, subjects: this.subjects() });
  }

  private createQuota(): core.ResourceQuota {
    return allowCritical(this, `${this.name}-quota`, this.metadata());
  }

  private createConfigMap(config: pulumi.Output<string>): core.ConfigMap {
    return new core.ConfigMap(`${this.name}-config`, { metadata: this.metadata(), data: { [configKey]: config } }, { parent: this });
  }

  private createNotificationsSecret(notifications: pulumi.Input<object>): core.Secret {
    return new core.Secret(
      `${this.name}-notifications`,
      {
        metadata: { ...this.metadata(), name: "batch-controller-notifications" },
        stringData: { [notificationsKey]: pulumi.secret(pulumi.jsonStringify(notifications)) },
      },
      { parent: this },
    );
  }

  private createPullSecret(account: RegistryAccountArgs): core.Secret {
    return createPullSecret(`${this.name}-pull-secret`, account, this.args.operatorNamespace, { parent: this });
  }

  private createNetworkPolicy(): NetworkPolicy {
    return isolate(this, `${this.name}-network`, { metadata: this.metadata(), scrapedFrom: this.args.scrapedFrom, port: portName });
  }

  private createDeployment(config: pulumi.Output<string>, grants: pulumi.Resource[]): apps.Deployment {
    const { bucket, notifications, replicas } = this.args;
    const spec = podSpec({
      ...this.args,
      serviceAccountName: this.serviceAccount.metadata.name,
      configMapName: this.configMap.metadata.name,
      notificationsName: this.notificationsSecret?.metadata.name,
      imagePullSecrets: this.pullSecret ? [this.pullSecret.metadata.name] : [],
    });
    // A new configuration or key must restart the pods, which read theirs once.
    const annotations = { "batch.ovh-mks/config": digestOf([config, notifications, bucket]) };
    return new apps.Deployment(
      `${this.name}-deployment`,
      {
        metadata: this.metadata(),
        spec: {
          replicas,
          selector: { matchLabels: podLabels },
          template: { metadata: { labels: { ...managedBy, ...podLabels }, annotations }, spec },
        },
      },
      { parent: this, dependsOn: grants },
    );
  }

  private createDisruptionBudget(): policy.PodDisruptionBudget {
    return new policy.PodDisruptionBudget(
      `${this.name}-disruption-budget`,
      { metadata: this.metadata(), spec: { minAvailable: 1, selector: { matchLabels: podLabels } } },
      { parent: this },
    );
  }
}

/** The controller's configuration file (docs/batch-controller.md); JSON is YAML. */
const configOf = ({ namespace, notifications }: BatchControllerArgs) => ({
  namespace,
  httpPort: port,
  logLevel: "info",
  ...(notifications && { notificationsFile }),
});
