import * as apps from "@pulumi/kubernetes/apps/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as policy from "@pulumi/kubernetes/policy/v1";
import type { input } from "@pulumi/kubernetes/types";
import * as pulumi from "@pulumi/pulumi";
import { type AutoscalerSettings, autoscalerSettingNames } from "../../common/autoscaler-settings";
import type { Billing } from "../../common/billing";
import { type CredentialName, credentialNames, credentialVariables } from "../../common/ovh/credentials";
import { grantClusterRole } from "../kubernetes/cluster-role";
import { allowCritical } from "../kubernetes/critical";
import { managedBy, restrictedPodSecurity } from "../kubernetes/pod-security";
import type { TaintArgs } from "../cluster/node-pool";
import { digestOf } from "../kubernetes/pod";
import { createPullSecret, type RegistryAccountArgs } from "../kubernetes/pull-secret";
import { grantRole } from "../kubernetes/role";
import { podLabels, podSpec } from "./pod";
import { clusterRules, namespaceRules } from "./rbac";

/** The node autoscaler (autoscaler/), in a namespace of its own and on the system pool. */

/** A service account that may read and edit node pools, and nothing else; or an application key with the same rights, one of the two. */
type CredentialArgs = { readonly [Name in CredentialName]?: pulumi.Input<string> };

export interface ApiAccessArgs extends CredentialArgs {
  /** `ovh-eu`, `ovh-ca`, `ovh-us` or a URL that pods reach. */
  readonly endpoint: pulumi.Input<string>;
  /** Id of the Public Cloud project. */
  readonly serviceName: pulumi.Input<string>;
  /** OVHcloud's id of the cluster. */
  readonly clusterId: pulumi.Input<string>;
}

/** With the settings that common/autoscaler-settings.ts describes. */
export interface AutoscalerArgs extends Readonly<AutoscalerSettings> {
  /** Name of the namespace. */
  readonly namespace: pulumi.Input<string>;
  /** Image reference, with its tag. */
  readonly image: pulumi.Input<string>;
  /** Account of the image's registry, which becomes a Secret of the namespace. @default none is needed */
  readonly pullSecret?: RegistryAccountArgs;
  /** Pool whose nodes run it; it must never be one that it scales to zero. */
  readonly pool: pulumi.Input<string>;
  /** Taints of that pool, which the pods tolerate. @default none */
  readonly poolTaints?: readonly TaintArgs[];
  /** Pods, of which one leads. */
  readonly replicas: number;
  /** Most nodes that all pools may have together: those of the cluster's plan. */
  readonly maxNodes: number;
  /** How nodes are billed. With `hourly` idle nodes stay until shortly before the next clock hour, which would be billed. */
  readonly billing: Billing;
  /** By which the cheapest of several pools is chosen: an OVHcloud API that pods reach, whose prices, and prices of a node's hour by flavor in place of the list's. */
  readonly prices: { readonly catalog: string; readonly subsidiary: string; readonly nodeHour: Readonly<Record<string, number>> };
  /** The region has three availability zones, and so prices of its own. @default false */
  readonly threeZones?: boolean;
  /**
   * Access to the OVHcloud API, by which each idle node is removed by its name. Without it a pool shrinks only when all
   * of its nodes are idle, for OVHcloud does not say which one it takes. @default none
   */
  readonly api?: ApiAccessArgs;
}

export class Autoscaler extends pulumi.ComponentResource {
  readonly namespace: core.Namespace;
  readonly serviceAccount: core.ServiceAccount;
  readonly configMap: core.ConfigMap;
  readonly apiSecret?: core.Secret;
  readonly pullSecret?: core.Secret;
  readonly deployment: apps.Deployment;
  readonly disruptionBudget?: policy.PodDisruptionBudget;

  constructor(
    private readonly name: string,
    args: AutoscalerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ovh-mks-batch:autoscaler:Autoscaler", name, {}, opts);
    this.namespace = this.createNamespace(args);
    this.serviceAccount = this.createServiceAccount();
    const grants = [...this.createClusterRole(), ...this.createRole(), this.createQuota()];
    const config = pulumi.jsonStringify(configOf(args), undefined, 2);
    this.configMap = this.createConfigMap(config);
    if (args.api) this.apiSecret = this.createApiSecret(args.api);
    if (args.pullSecret) this.pullSecret = this.createPullSecret(args.pullSecret);
    this.deployment = this.createDeployment(args, config, grants);
    if (args.replicas > 1) this.disruptionBudget = this.createDisruptionBudget();
    this.registerOutputs({});
  }

  private metadata(): input.meta.v1.ObjectMeta {
    return { name: "autoscaler", namespace: this.namespace.metadata.name, labels: { ...managedBy, ...podLabels } };
  }

  private subjects(): input.rbac.v1.Subject[] {
    const { name, namespace } = this.serviceAccount.metadata;
    return [{ kind: "ServiceAccount", name, namespace }];
  }

  private createNamespace({ namespace }: AutoscalerArgs): core.Namespace {
    return new core.Namespace(
      `${this.name}-namespace`,
      { metadata: { name: namespace, labels: { ...managedBy, ...restrictedPodSecurity } } },
      { parent: this },
    );
  }

  private createServiceAccount(): core.ServiceAccount {
    return new core.ServiceAccount(
      `${this.name}-service-account`,
      // Only the Deployment's own pods get its token.
      { metadata: this.metadata(), automountServiceAccountToken: false },
      { parent: this },
    );
  }

  private createClusterRole(): pulumi.Resource[] {
    const metadata = { name: "ovh-mks-batch-autoscaler", labels: { ...managedBy, ...podLabels } };
    return grantClusterRole(this, `${this.name}-cluster-role`, { metadata, rules: clusterRules, subjects: this.subjects() });
  }

  private createRole(): pulumi.Resource[] {
    return grantRole(this, `${this.name}-role`, { metadata: this.metadata(), rules: namespaceRules, subjects: this.subjects() });
  }

  private createQuota(): core.ResourceQuota {
    return allowCritical(this, `${this.name}-quota`, this.metadata());
  }

  private createConfigMap(config: pulumi.Output<string>): core.ConfigMap {
    return new core.ConfigMap(`${this.name}-config`, { metadata: this.metadata(), data: { "config.yaml": config } }, { parent: this });
  }

  private createApiSecret(api: ApiAccessArgs): core.Secret {
    const given = credentialNames.flatMap((name) => {
      const value = api[name];
      return value === undefined ? [] : [[credentialVariables[name], value] as const];
    });
    return new core.Secret(
      `${this.name}-api`,
      { metadata: { ...this.metadata(), name: "ovh-credentials" }, stringData: Object.fromEntries(given) },
      { parent: this },
    );
  }

  private createPullSecret(account: RegistryAccountArgs): core.Secret {
    return createPullSecret(`${this.name}-pull-secret`, account, this.namespace.metadata.name, { parent: this });
  }

  private createDeployment(args: AutoscalerArgs, config: pulumi.Output<string>, grants: pulumi.Resource[]): apps.Deployment {
    const spec = podSpec({
      ...args,
      serviceAccountName: this.serviceAccount.metadata.name,
      configMapName: this.configMap.metadata.name,
      secretName: this.apiSecret?.metadata.name,
      imagePullSecrets: this.pullSecret ? [this.pullSecret.metadata.name] : [],
    });
    // A new configuration or key must restart the pods, which read theirs once.
    const annotations = { "batch.ovh-mks/config": digestOf([config, ...credentialNames.map((name) => args.api?.[name])]) };
    return new apps.Deployment(
      `${this.name}-deployment`,
      {
        metadata: this.metadata(),
        spec: {
          replicas: args.replicas,
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

/** The controller's configuration file (docs/autoscaler.md); JSON is YAML. */
function configOf({ namespace, api, maxNodes, prices, threeZones, ...args }: AutoscalerArgs) {
  const settings = autoscalerSettingNames.map((name) => [name, args[name]] as const);
  return {
    leaseNamespace: namespace,
    ...Object.fromEntries(settings),
    maxNodes,
    prices: { ...prices, ...(threeZones && { threeZones }) },
    ...(api && { ovh: { endpoint: api.endpoint, serviceName: api.serviceName, kubeId: api.clusterId } }),
  };
}
