import type { CustomResourceDefinition } from "@pulumi/kubernetes/apiextensions/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import type { input } from "@pulumi/kubernetes/types";
import * as pulumi from "@pulumi/pulumi";
import type { Billing } from "../../common/billing";
import { type ApiAccessArgs, createCredentials, credentialsOf } from "../kubernetes/api-access";
import { createDefinitions } from "../kubernetes/definitions";
import { isolate } from "../kubernetes/isolate";
import { createOperator, metadataOf, type Operator, type OperatorPlaceArgs } from "../kubernetes/operator";
import { managedBy, restrictedPodSecurity } from "../kubernetes/pod-security";
import { CleanUp } from "./clean-up";
import crds from "./crds.json";
import { credentialsSecret } from "./node-pool/credentials";
import { container, karpenterNamespace, metricsPort } from "./pod";
import { clusterRules, namespaceRules, nodeLeaseRules } from "./rbac";

/** Name of its objects. */
const app = "karpenter";

export type KarpenterApiArgs = ApiAccessArgs & {
  /** Region of the cluster, e.g. `GRA11`. */
  readonly region: pulumi.Input<string>;
};

/** Its image is `karpenter` of this project, or the public provider's. Its pool must have a node, and be none of Karpenter's. */
export interface KarpenterArgs extends OperatorPlaceArgs {
  /** Admin kubeconfig, YAML: with it, all that Karpenter has made is removed before Karpenter is. */
  readonly kubeconfig: pulumi.Input<string>;
  /** @default `info` */
  readonly logLevel?: "debug" | "info" | "error";
  readonly api: KarpenterApiArgs;
  /** How nodes are billed. With `hourly` idle nodes stay until shortly before the next clock hour, which would be billed. */
  readonly billing: Billing;
  /** By which the cheapest flavor is chosen: an OVHcloud API that pods reach, and whose prices. */
  readonly prices: { readonly catalog: string; readonly subsidiary: string };
  /** Namespace of a Prometheus that may scrape the pods. @default none may */
  readonly scrapedFrom?: string;
}

/** Karpenter's operator for OVHcloud (karpenter/) with its definitions and no more rights than it needs. Its pools are {@link KarpenterNodePool}s. */
export class Karpenter extends pulumi.ComponentResource {
  readonly namespace: core.Namespace;
  readonly definitions: readonly CustomResourceDefinition[];
  readonly credentials: core.Secret;
  readonly operator: Operator;

  constructor(name: string, args: KarpenterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ovh-mks-batch:karpenter:Karpenter", name, {}, opts);
    const { api, kubeconfig, logLevel = "info", scrapedFrom } = args;
    this.namespace = new core.Namespace(
      `${name}-namespace`,
      { metadata: { name: karpenterNamespace, labels: { ...managedBy, ...restrictedPodSecurity } } },
      { parent: this },
    );
    const namespace = this.namespace.metadata.name;
    const metadata = metadataOf({ app, namespace });
    // The operator is not ready without those of its own kinds and of OVHNodeClass.
    this.definitions = createDefinitions(app, crds, name, { parent: this });
    isolate(this, `${name}-network`, { metadata, scrapedFrom, port: metricsPort });
    this.credentials = createCredentials(this, `${name}-credentials`, { ...metadata, name: credentialsSecret.name }, api);
    this.operator = createOperator(this, name, {
      ...args,
      app,
      namespace,
      readOnce: credentialsOf(api),
      clusterRole: { name: "ovh-mks-batch-karpenter", rules: clusterRules },
      roles: {
        role: { rules: namespaceRules },
        "node-leases": { name: "ovh-mks-batch-karpenter", namespace: "kube-node-lease", rules: nodeLeaseRules },
      },
      needs: this.definitions,
      container: container({ logLevel, secretName: this.credentials.metadata.name, env: environmentOf(args) }),
    });
    // It is deleted before the operator.
    new CleanUp(`${name}-clean-up`, { kubeconfig }, { parent: this, dependsOn: [this.operator.deployment] });
    this.registerOutputs({});
  }
}

/** What the provider is told beside its credentials: karpenter/README.md. */
const environmentOf = ({ api, billing, prices }: KarpenterArgs): input.core.v1.EnvVar[] => [
  { name: "OVH_ENDPOINT", value: api.endpoint },
  { name: "OVH_SERVICE_NAME", value: api.serviceName },
  { name: "OVH_KUBE_ID", value: api.clusterId },
  { name: "OVH_REGION", value: api.region },
  { name: "OVH_SUBSIDIARY", value: prices.subsidiary },
  { name: "CATALOG_ENDPOINT", value: prices.catalog },
  { name: "BILLING", value: billing },
];
