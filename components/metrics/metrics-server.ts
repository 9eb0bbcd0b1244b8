import type * as pulumi from "@pulumi/pulumi";
import { AggregatedApi } from "./aggregated-api";
import type { PlaceArgs } from "../kubernetes/pod";

export interface MetricsServerArgs extends PlaceArgs {
  /** Whether kubelets' certificates must be of the cluster's authority. Where they are self-signed, `false` is the only way. @default true */
  readonly verifyKubelets?: boolean;
  /** Seconds between two looks at each node. */
  readonly resolutionSeconds: number;
  /** Pods. @default 1 */
  readonly replicas?: number;
}

/**
 * The resource metrics API: CPU and memory of nodes and pods. MKS brings a metrics-server of its own, and a cluster can have only one:
 * this is for clusters without, such as the local one.
 */
export class MetricsServer extends AggregatedApi {
  constructor(
    name: string,
    { namespace, image, pool, imagePullSecrets, verifyKubelets = true, resolutionSeconds, replicas = 1 }: MetricsServerArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super(
      name,
      {
        namespace,
        image,
        pool,
        imagePullSecrets,
        appName: "metrics-server",
        groups: ["metrics.k8s.io"],
        version: "v1beta1",
        arguments: [
          "--kubelet-preferred-address-types=InternalIP",
          "--kubelet-use-node-status-port",
          `--metric-resolution=${resolutionSeconds}s`,
          verifyKubelets
            ? "--kubelet-certificate-authority=/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
            : "--kubelet-insecure-tls",
        ],
        rules: [
          { apiGroups: [""], resources: ["nodes/metrics"], verbs: ["get"] },
          { apiGroups: [""], resources: ["pods", "nodes"], verbs: ["get", "list", "watch"] },
        ],
        resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
        replicas,
      },
      opts,
      "MetricsServer",
    );
  }
}
