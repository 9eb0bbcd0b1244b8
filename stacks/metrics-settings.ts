import * as z from "zod";
import { leastMemory } from "../components/metrics/prometheus/pod";
import { atLeast, bytesFault } from "../common/quantity";
import * as t from "./types";

/** Settings of the metrics stack and of the services that scale by it. */
export const metrics = z
  .strictObject({
    enabled: z.boolean().default(false).describe("run Prometheus and the custom metrics API, for services that scale with their load"),
    metricsServer: z
      .enum(["existing", "install"])
      .default("existing")
      .describe("`existing`: the cluster has a metrics-server, as MKS does; `install`: it has none. A cluster cannot have two"),
    verifyKubelets: z
      .boolean()
      .default(true)
      .describe("require kubelet certificates of the cluster's authority; set false if kubelets have self-signed ones"),
    scrapeIntervalSeconds: z
      .int()
      .min(5)
      .max(300)
      .default(15)
      .describe("seconds between two scrapes of each pod and node; a longer interval makes services react later"),
    retentionDays: z.int().min(1).max(365).default(7).describe("number of days after which metrics are deleted"),
    storage: z
      .strictObject({
        size: t.bytes.describe("size of the volume, e.g. 20Gi"),
        className: z
          .string()
          .min(1)
          .optional()
          .describe("storage class; by default the cluster's own. Another class is another volume, which starts empty"),
      })
      .optional()
      .describe("volume of the metrics; by default the node's disk, where a new pod of Prometheus starts without metrics"),
    memory: t.bytes
      .refine((memory) => bytesFault(memory) !== undefined || atLeast(memory, leastMemory), `must be at least ${leastMemory}`)
      .default("1Gi")
      .describe("most memory of Prometheus, at least 256Mi; docs/metrics.md says how many pods that is enough for"),
    replicas: z.int().min(1).max(3).default(1).describe("pods of metrics-server and of prometheus-adapter, spread over the nodes"),
    alertmanagerUrl: t.httpUrl.optional().describe("URL of an Alertmanager that pods can reach; by default nobody is notified of alerts"),
    allowedNamespaces: z
      .array(t.namespace)
      .default([])
      .describe("further namespaces whose pods may connect to Prometheus, such as Grafana's"),
    samples: z.boolean().default(true).describe("run podinfo twice as a sample, scaled by its CPU and by its requests"),
  })
  .prefault({})
  .describe("metrics and autoscaled services");
