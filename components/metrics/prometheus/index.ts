import * as apps from "@pulumi/kubernetes/apps/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import type { NetworkPolicy } from "@pulumi/kubernetes/networking/v1";
import type { input } from "@pulumi/kubernetes/types";
import * as pulumi from "@pulumi/pulumi";
import { grantClusterRole } from "../../kubernetes/cluster-role";
import { throwFaults } from "../../pulumi/faults";
import { managedBy } from "../../kubernetes/pod-security";
import { openPort } from "../../kubernetes/open-port";
import { digest } from "../../kubernetes/pod";
import type { PrometheusArgs, StorageArgs } from "./args";
import { prometheusConfig, type ScrapeSettings } from "./config";
import { faultsOf } from "./faults";
import { podSpec, port } from "./pod";
import { rulesOf } from "./rules";

export type { PrometheusArgs, StorageArgs } from "./args";

const labels = { "app.kubernetes.io/name": "prometheus" };

/** Prometheus: scrapes pods by their annotations, nodes, containers, the autoscaler and the batch controller, and evaluates the rules. Within the cluster only. */
export class Prometheus extends pulumi.ComponentResource {
  readonly serviceAccount: core.ServiceAccount;
  readonly configMap: core.ConfigMap;
  readonly claim?: core.PersistentVolumeClaim;
  readonly service: core.Service;
  readonly network: NetworkPolicy;
  readonly deployment: apps.Deployment;
  /** URL within the cluster. */
  readonly url: pulumi.Output<string>;

  constructor(
    private readonly name: string,
    private readonly args: PrometheusArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ovh-mks-batch:metrics:Prometheus", name, {}, opts);
    throwFaults(this, name, faultsOf(args));
    this.serviceAccount = this.createServiceAccount();
    const grants = this.createClusterRole();
    const files = filesOf(args);
    this.configMap = this.createConfigMap(files);
    if (args.storage) this.claim = this.createClaim(args.storage);
    this.service = this.createService();
    // It asks for no password: only pods of its own namespace may connect. People come by `kubectl port-forward`.
    this.network = openPort(this, `${name}-network`, { metadata: this.metadata(), labels, port: "http", from: this.peers() });
    this.deployment = this.createDeployment(digest(JSON.stringify(files)), grants);
    this.url = pulumi.interpolate`http://${this.service.metadata.name}.${args.namespace}.svc:${port}`;
    this.registerOutputs({ url: this.url });
  }

  private metadata(): input.meta.v1.ObjectMeta {
    return { name: "prometheus", namespace: this.args.namespace, labels: { ...managedBy, ...labels } };
  }

  private createServiceAccount(): core.ServiceAccount {
    return new core.ServiceAccount(
      `${this.name}-service-account`,
      { metadata: this.metadata(), automountServiceAccountToken: false },
      { parent: this },
    );
  }

  private createClusterRole(): pulumi.Resource[] {
    const metadata = { name: "ovh-mks-batch-prometheus", labels: { ...managedBy, ...labels } };
    const rules = [
      { apiGroups: [""], resources: ["nodes", "pods"], verbs: ["get", "list", "watch"] },
      { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
    ];
    const { name, namespace } = this.serviceAccount.metadata;
    return grantClusterRole(this, `${this.name}-cluster-role`, {
      metadata,
      rules,
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    });
  }

  private createConfigMap(data: Record<string, string>): core.ConfigMap {
    return new core.ConfigMap(`${this.name}-config`, { metadata: this.metadata(), data }, { parent: this });
  }

  private createClaim({ size, className }: StorageArgs): core.PersistentVolumeClaim {
    return new core.PersistentVolumeClaim(
      `${this.name}-claim`,
      {
        // Named by Pulumi: for another storage class there must be a second claim, until the pod has let go of the first.
        metadata: { namespace: this.args.namespace, labels: { ...managedBy, ...labels } },
        spec: {
          accessModes: ["ReadWriteOnce"],
          resources: { requests: { storage: size } },
          ...(className !== undefined && { storageClassName: className }),
        },
      },
      { parent: this },
    );
  }

  private createService(): core.Service {
    return new core.Service(
      `${this.name}-service`,
      { metadata: this.metadata(), spec: { selector: labels, ports: [{ name: "http", port, targetPort: "http" }] } },
      { parent: this },
    );
  }

  /** It asks for no password: only pods of its own namespace and of those named may connect. People come by `kubectl port-forward`. */
  private peers(): input.networking.v1.NetworkPolicyPeer[] {
    const { allowedNamespaces = [] } = this.args;
    const named = { key: "kubernetes.io/metadata.name", operator: "In", values: [...allowedNamespaces] };
    return [{ podSelector: {} }, ...(allowedNamespaces.length > 0 ? [{ namespaceSelector: { matchExpressions: [named] } }] : [])];
  }

  private createDeployment(configDigest: string, grants: pulumi.Resource[]): apps.Deployment {
    return new apps.Deployment(
      `${this.name}-deployment`,
      {
        metadata: this.metadata(),
        spec: {
          replicas: 1,
          // Two at a time would write to the same volume.
          strategy: { type: "Recreate" },
          selector: { matchLabels: labels },
          template: {
            metadata: { labels: { ...managedBy, ...labels }, annotations: { "batch.ovh-mks/config": configDigest } },
            spec: podSpec({
              ...this.args,
              serviceAccountName: this.serviceAccount.metadata.name,
              configMapName: this.configMap.metadata.name,
              claimName: this.claim?.metadata.name,
            }),
          },
        },
      },
      { parent: this, dependsOn: grants },
    );
  }
}

/** The files of its configuration; JSON is YAML. */
export function filesOf({ verifyKubelets = true, ...args }: FilesArgs) {
  const { autoscalerNamespace, batchControllerNamespace, kedaNamespace, karpenterNamespace } = args;
  const rules = rulesOf({
    autoscaler: autoscalerNamespace !== undefined,
    batchController: batchControllerNamespace !== undefined,
    keda: kedaNamespace !== undefined,
    karpenter: karpenterNamespace !== undefined,
  });
  return {
    "prometheus.yml": JSON.stringify(prometheusConfig({ ...args, verifyKubelets }), undefined, 2),
    "rules.yml": JSON.stringify(rules, undefined, 2),
  };
}

type FilesArgs = Omit<ScrapeSettings, "verifyKubelets"> & Pick<PrometheusArgs, "verifyKubelets">;
