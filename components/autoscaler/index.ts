import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";
import { type AutoscalerSettings, autoscalerSettingNames } from "../../common/autoscaler-settings";
import type { Billing } from "../../common/billing";
import { type ApiAccessArgs, createCredentials, credentialsOf } from "../kubernetes/api-access";
import { type Controller, createController } from "../kubernetes/controller";
import { metadataOf, type OperatorPlaceArgs } from "../kubernetes/operator";
import { managedBy, restrictedPodSecurity } from "../kubernetes/pod-security";
import { clusterRules, namespaceRules } from "./rbac";

/** The node autoscaler (autoscaler/), in a namespace of its own and on the system pool. */

/** Name of its objects. */
const app = "autoscaler";

/** With the settings that common/autoscaler-settings.ts describes. */
export interface AutoscalerArgs extends Readonly<AutoscalerSettings>, OperatorPlaceArgs {
  /** Name of the namespace. */
  readonly namespace: pulumi.Input<string>;
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
  readonly apiSecret?: core.Secret;
  readonly controller: Controller;

  constructor(name: string, args: AutoscalerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ovh-mks-batch:autoscaler:Autoscaler", name, {}, opts);
    this.namespace = new core.Namespace(
      `${name}-namespace`,
      { metadata: { name: args.namespace, labels: { ...managedBy, ...restrictedPodSecurity } } },
      { parent: this },
    );
    const namespace = this.namespace.metadata.name;
    const secret = { ...metadataOf({ app, namespace }), name: "ovh-credentials" };
    if (args.api) this.apiSecret = createCredentials(this, `${name}-api`, secret, args.api);
    this.controller = createController(this, name, {
      ...args,
      app,
      namespace,
      config: pulumi.jsonStringify(configOf(args), undefined, 2),
      readOnce: credentialsOf(args.api),
      clusterRole: { name: "ovh-mks-batch-autoscaler", rules: clusterRules },
      role: { rules: namespaceRules },
      environment: this.apiSecret?.metadata.name,
      memory: { request: "128Mi", limit: "256Mi" },
    });
    this.registerOutputs({});
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
