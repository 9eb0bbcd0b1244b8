import * as pulumi from "@pulumi/pulumi";
import type { PlaceArgs } from "../kubernetes/pod";
import { AggregatedApi } from "../metrics";
import { adapterName, certificateVolume, environment, grpcPort } from "./pod";

export interface KedaMetricsAdapterArgs extends PlaceArgs {
  /** Namespaces whose ScaledObjects it serves. */
  readonly namespaces: readonly string[];
  /** Secret with the operator's certificate, which the adapter shows to it. */
  readonly secretName: pulumi.Input<string>;
}

/** KEDA's metrics adapter: the external metrics API, by which the HPA learns from the operator how long the queues of ScaledObjects are. */
export class KedaMetricsAdapter extends AggregatedApi {
  constructor(name: string, { namespaces, secretName, ...place }: KedaMetricsAdapterArgs, opts?: pulumi.ComponentResourceOptions) {
    const { volumes, volumeMounts } = certificateVolume(secretName);
    super(
      name,
      {
        ...place,
        appName: adapterName,
        groups: ["external.metrics.k8s.io"],
        version: "v1beta1",
        arguments: [
          pulumi.interpolate`--metrics-service-address=keda-operator.${place.namespace}.svc:${grpcPort.containerPort}`,
          "--cert-dir=/certs",
          "--zap-log-level=error",
        ],
        env: environment(namespaces),
        // Its library writes files there.
        volumes: [...volumes, { name: "tmp", emptyDir: { sizeLimit: "16Mi" } }],
        volumeMounts: [...volumeMounts, { name: "tmp", mountPath: "/tmp" }],
        rules: [{ apiGroups: ["keda.sh"], resources: ["scaledobjects"], verbs: ["list", "watch"] }],
        readers: [{ group: "external.metrics.k8s.io", serviceAccount: { name: "horizontal-pod-autoscaler", namespace: "kube-system" } }],
        resources: { requests: { cpu: "50m", memory: "96Mi" }, limits: { memory: "384Mi" } },
        replicas: 1,
      },
      opts,
      "KedaMetricsAdapter",
    );
  }
}
