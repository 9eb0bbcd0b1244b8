import * as z from "zod";
import * as t from "./types";

/** Settings of the metrics stack and of the services that scale by it. */
export const metrics = z
  .strictObject({
    enabled: z.boolean().default(false).describe("run Prometheus and the custom metrics API, for services that scale by their load"),
    metricsServer: z
      .enum(["existing", "install"])
      .default("existing")
      .describe("`existing`: the cluster has a metrics-server, as MKS does; `install`: it has none. A cluster cannot have two"),
    verifyKubelets: z
      .boolean()
      .default(true)
      .describe("ask kubelets for certificates of the cluster's authority; false where they have only self-signed ones"),
    scrapeIntervalSeconds: z
      .int()
      .min(5)
      .max(300)
      .default(15)
      .describe("seconds between two looks at each pod and node; services react the later, the longer it is"),
    retentionDays: z.int().min(1).max(365).default(7).describe("after how many days metrics are deleted"),
    storage: z
      .strictObject({
        size: t.quantity.describe("size of the volume, e.g. 20Gi"),
        className: z.string().min(1).optional().describe("storage class; by default the cluster's own"),
      })
      .optional()
      .describe("volume of the metrics; by default the node's disk, where a new pod of Prometheus starts with none"),
    samples: z.boolean().default(true).describe("run podinfo twice as a sample, scaled by its CPU and by its requests"),
  })
  .prefault({})
  .describe("metrics and autoscaled services");
