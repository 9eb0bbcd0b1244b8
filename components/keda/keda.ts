import * as apps from "@pulumi/kubernetes/apps/v1";
import type { CustomResourceDefinition } from "@pulumi/kubernetes/apiextensions/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import type { NetworkPolicy } from "@pulumi/kubernetes/networking/v1";
import type { input } from "@pulumi/kubernetes/types";
import * as pulumi from "@pulumi/pulumi";
import type { TaintArgs } from "../cluster/node-pool";
import { grantClusterRole } from "../kubernetes/cluster-role";
import { allowCritical } from "../kubernetes/critical";
import { createDefinitions } from "../kubernetes/definitions";
import { isolate } from "../kubernetes/isolate";
import { openPort } from "../kubernetes/open-port";
import { managedBy, restrictedPodSecurity } from "../kubernetes/pod-security";
import { createPullSecret, type RegistryAccountArgs } from "../kubernetes/pull-secret";
import { grantRole } from "../kubernetes/role";
import { ServingCertificate } from "../metrics";
import crds from "./crds.json";
import { adapterName, grpcPort, kedaNamespace, metricsPort, operatorLabels, operatorPod } from "./pod";
import { Presence } from "./presence/presence";
import { ScaledResources } from "./presence/scaled-resources";
import { clusterRules, namespaceRules, ownRules, scaledObjectRules } from "./rbac";

export interface KedaArgs {
  /** Admin kubeconfig, YAML. */
  readonly kubeconfig: pulumi.Input<string>;
  /** `install`: KEDA is installed here. `existing`: the cluster has one, which is left as it is. A cluster cannot have two. */
  readonly installation: "existing" | "install";
  /** Namespaces whose ScaledJobs it serves and whose Secrets, ConfigMaps and pods it reads. They must be there. */
  readonly namespaces: readonly string[];
  /** Serve ScaledObjects of these namespaces too; `KedaMetricsAdapter` and `KedaWebhooks` must be there for them. @default false */
  readonly scaledObjects?: boolean;
  /** Image reference of the operator, with its tag. */
  readonly image: pulumi.Input<string>;
  /** Account of the image's registry, which becomes a Secret of KEDA's namespace. @default none is needed */
  readonly pullSecret?: RegistryAccountArgs;
  /** Pool whose nodes run it. */
  readonly pool: pulumi.Input<string>;
  /** Taints of that pool, which the pods tolerate. @default none */
  readonly poolTaints?: readonly TaintArgs[];
  /** Namespace of a Prometheus that may scrape the pods. @default none may */
  readonly scrapedFrom?: string;
}

/** KEDA's operator with its definitions and no more rights than it needs; or the one that the cluster has already. What depends on this has a KEDA. */
export class Keda extends pulumi.ComponentResource {
  readonly namespace?: core.Namespace;
  readonly definitions: readonly CustomResourceDefinition[] = [];
  /** Of the operator: Secret with its certificate, and Secrets with which images are pulled. */
  readonly certificateSecret?: core.Secret;
  readonly pullSecret?: core.Secret;
  readonly deployment?: apps.Deployment;

  constructor(
    private readonly name: string,
    private readonly args: KedaArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ovh-mks-batch:keda:Keda", name, {}, opts);
    const { kubeconfig, installation } = args;
    // No definition and no program is installed before it is known that this leads to one KEDA.
    const presence = new Presence(`${name}-presence`, { kubeconfig, installation }, { parent: this });
    if (installation === "install") {
      this.namespace = this.createNamespace(presence);
      // All six kinds: the operator watches each.
      this.definitions = createDefinitions("keda", crds, name, { parent: this, dependsOn: [presence] });
      const account = this.createServiceAccount();
      const grants = [...this.createRoles(account), this.createQuota()];
      this.createNetworkPolicy();
      this.certificateSecret = this.createCertificate();
      if (args.pullSecret) this.pullSecret = this.createPullSecret(args.pullSecret);
      this.deployment = this.createDeployment(account, this.certificateSecret, [...grants, ...this.definitions]);
      if (args.scaledObjects) this.createService();
      // It is deleted before the operator.
      new ScaledResources(`${name}-scaled-resources`, { kubeconfig }, { parent: this, dependsOn: [this.deployment] });
    }
    this.registerOutputs({});
  }

  private metadata(namespace = this.namespace!.metadata.name): input.meta.v1.ObjectMeta {
    return { name: "keda-operator", namespace, labels: { ...managedBy, ...operatorLabels } };
  }

  private createNamespace(presence: Presence): core.Namespace {
    const labels = { ...managedBy, ...restrictedPodSecurity };
    return new core.Namespace(
      `${this.name}-namespace`,
      { metadata: { name: kedaNamespace, labels } },
      { parent: this, dependsOn: [presence] },
    );
  }

  private createServiceAccount(): core.ServiceAccount {
    return new core.ServiceAccount(
      `${this.name}-service-account`,
      { metadata: this.metadata(), automountServiceAccountToken: false },
      { parent: this },
    );
  }

  private createRoles({ metadata: { name, namespace } }: core.ServiceAccount): pulumi.Resource[] {
    const subjects = [{ kind: "ServiceAccount", name, namespace }];
    const rules = [...namespaceRules, ...(this.args.scaledObjects ? scaledObjectRules : [])];
    const metadata = { name: "ovh-mks-batch-keda-operator", labels: { ...managedBy, ...operatorLabels } };
    return [
      ...grantClusterRole(this, `${this.name}-cluster-role`, { metadata, rules: clusterRules, subjects }),
      ...grantRole(this, `${this.name}-role`, { metadata: this.metadata(), rules: ownRules, subjects }),
      ...this.args.namespaces.flatMap((one) =>
        grantRole(this, `${this.name}-${one}-role`, { metadata: this.metadata(pulumi.output(one)), rules, subjects }),
      ),
    ];
  }

  private createQuota(): core.ResourceQuota {
    return allowCritical(this, `${this.name}-quota`, this.metadata());
  }

  private createNetworkPolicy(): NetworkPolicy {
    const { scrapedFrom } = this.args;
    return isolate(this, `${this.name}-network`, { metadata: this.metadata(), scrapedFrom, port: metricsPort });
  }

  /** For the calls of the metrics adapter, which shows the same certificate. The operator does not start without one. */
  private createCertificate(): core.Secret {
    const dnsNames = [`keda-operator.${kedaNamespace}.svc`];
    const { certificate, privateKey, caBundle } = new ServingCertificate(
      `${this.name}-certificate`,
      { dnsNames, forClients: true },
      { parent: this },
    );
    return new core.Secret(
      `${this.name}-tls`,
      {
        metadata: { ...this.metadata(), name: "keda-operator-tls" },
        type: "kubernetes.io/tls",
        stringData: { "tls.crt": certificate, "tls.key": privateKey, "ca.crt": caBundle },
      },
      { parent: this },
    );
  }

  private createPullSecret(account: RegistryAccountArgs): core.Secret {
    return createPullSecret(`${this.name}-pull-secret`, account, this.namespace!.metadata.name, { parent: this });
  }

  private createDeployment(account: core.ServiceAccount, secret: core.Secret, needed: pulumi.Resource[]): apps.Deployment {
    const spec = operatorPod({
      ...this.args,
      imagePullSecrets: this.pullSecret ? [this.pullSecret.metadata.name] : [],
      serviceAccountName: account.metadata.name,
      secretName: secret.metadata.name,
    });
    return new apps.Deployment(
      `${this.name}-operator`,
      {
        metadata: this.metadata(),
        spec: {
          replicas: 1,
          // The next one would wait for the Lease of the one before, which does not give it back.
          strategy: { type: "Recreate" },
          selector: { matchLabels: operatorLabels },
          template: { metadata: { labels: { ...managedBy, ...operatorLabels } }, spec },
        },
      },
      { parent: this, dependsOn: needed },
    );
  }

  /** For the metrics adapter, which alone may call the operator. */
  private createService(): core.Service {
    openPort(this, `${this.name}-calls`, {
      metadata: { ...this.metadata(), name: "keda-operator-calls" },
      labels: operatorLabels,
      port: grpcPort.name,
      from: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": adapterName } } }],
    });
    const { name, containerPort: port } = grpcPort;
    return new core.Service(
      `${this.name}-service`,
      { metadata: this.metadata(), spec: { selector: operatorLabels, ports: [{ name, port, targetPort: name }] } },
      { parent: this, dependsOn: [this.deployment!] },
    );
  }
}
