import * as apps from "@pulumi/kubernetes/apps/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as networking from "@pulumi/kubernetes/networking/v1";
import type { input } from "@pulumi/kubernetes/types";
import * as pulumi from "@pulumi/pulumi";
import { grantClusterRole } from "../../cluster-role";
import { managedBy } from "../../namespace/pod-security";
import { digest, type PlaceArgs } from "../../pod";
import { prometheusConfig } from "./config";
import { podSpec, port } from "./pod";
import { ruleFile } from "./rules";

export interface StorageArgs {
  /** e.g. `20Gi`. It can grow later, where the storage class allows. */
  readonly size: pulumi.Input<string>;
  /** @default the cluster's default storage class */
  readonly className?: pulumi.Input<string>;
}

export interface PrometheusArgs extends PlaceArgs {
  /** Seconds between two scrapes of each target. */
  readonly scrapeIntervalSeconds: number;
  /** Whether kubelets' certificates must be of the cluster's authority. @default true */
  readonly verifyKubelets?: boolean;
  /** After how many days metrics are deleted. */
  readonly retentionDays: number;
  /** A persistent volume. @default the node's disk: a new pod starts with nothing */
  readonly storage?: StorageArgs;
}

const labels = { "app.kubernetes.io/name": "prometheus" };

/** Prometheus: scrapes pods by their annotations, nodes, containers and the autoscaler, and evaluates the rules. Within the cluster only. */
export class Prometheus extends pulumi.ComponentResource {
  readonly serviceAccount: core.ServiceAccount;
  readonly configMap: core.ConfigMap;
  readonly claim?: core.PersistentVolumeClaim;
  readonly service: core.Service;
  readonly network: networking.NetworkPolicy;
  readonly deployment: apps.Deployment;
  /** URL within the cluster. */
  readonly url: pulumi.Output<string>;

  constructor(
    private readonly name: string,
    private readonly args: PrometheusArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ovh-mks-batch:metrics:Prometheus", name, {}, opts);
    this.serviceAccount = this.createServiceAccount();
    const grants = this.createClusterRole();
    const files = filesOf(args);
    this.configMap = this.createConfigMap(files);
    if (args.storage) this.claim = this.createClaim(args.storage);
    this.service = this.createService();
    this.network = this.createNetworkPolicy();
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
        metadata: this.metadata(),
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

  /** It asks for no password: only pods of its own namespace may connect. People come by `kubectl port-forward`. */
  private createNetworkPolicy(): networking.NetworkPolicy {
    return new networking.NetworkPolicy(
      `${this.name}-network`,
      {
        metadata: this.metadata(),
        spec: {
          podSelector: { matchLabels: labels },
          policyTypes: ["Ingress"],
          ingress: [{ from: [{ podSelector: {} }], ports: [{ port: "http", protocol: "TCP" }] }],
        },
      },
      { parent: this },
    );
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
export function filesOf({
  scrapeIntervalSeconds,
  verifyKubelets = true,
}: Pick<PrometheusArgs, "scrapeIntervalSeconds" | "verifyKubelets">) {
  return {
    "prometheus.yml": JSON.stringify(prometheusConfig({ scrapeIntervalSeconds, verifyKubelets }), undefined, 2),
    "rules.yml": JSON.stringify(ruleFile, undefined, 2),
  };
}
