import type * as pulumi from "@pulumi/pulumi";
import type { MksCluster } from "../components/cluster";
import { Keda, kedaNamespace, KedaMetricsAdapter, KedaWebhooks } from "../components/keda";
import type { Settings } from "./config";
import { accountOf } from "./images";
import { metricsNamespace } from "./metrics";
import { batchNamespace } from "./names";
import { taintsOf } from "./pools";

/** KEDA for the namespace `batch` and those that the settings name. @param opts it depends on the namespace `batch` */
export function createKeda(
  { images, keda, metrics, pools }: Settings,
  { kubeconfig }: MksCluster,
  opts: pulumi.ComponentResourceOptions,
): Keda | undefined {
  if (!keda.enabled) return undefined;
  const image = (name: string): string => `${images.registry}/${name}:${images.tag}`;
  const { installation, scaledObjects } = keda;
  const namespaces = [...new Set([batchNamespace, ...keda.namespaces])];
  const place = { pool: "system", poolTaints: taintsOf(pools.system) };
  const operator = new Keda(
    "keda",
    {
      ...place,
      kubeconfig,
      installation,
      namespaces,
      scaledObjects,
      image: image("keda-operator"),
      pullSecret: accountOf(images),
      scrapedFrom: metrics.enabled ? metricsNamespace : undefined,
    },
    opts,
  );
  const { certificateSecret, pullSecret } = operator;
  if (!scaledObjects || !certificateSecret) return operator;
  const inside = { ...opts, dependsOn: [operator] };
  const imagePullSecrets = pullSecret ? [pullSecret.metadata.name] : [];
  const args = { ...place, namespace: kedaNamespace, imagePullSecrets };
  const secretName = certificateSecret.metadata.name;
  new KedaMetricsAdapter("keda-metrics-apiserver", { ...args, image: image("keda-adapter"), namespaces, secretName }, inside);
  new KedaWebhooks("keda-webhooks", { ...args, image: image("keda-webhooks") }, inside);
  return operator;
}
