import { type BatchJobArgs } from "../../components/batch";

/** One task as everybody gets it: the same image, resources, pool and environment. Nothing ever runs the image: the nodes are simulated. */
const image = "registry.example.com/sweep@sha256:2c5b6d1ab3f7c4ab5aa3e4b0a8f4d5c6e7f8091a2b3c4d5e6f708192a3b4c5d6";
const command = ["/bin/analyse", "--out", "results/"];
const resources = { cpu: "10m", memory: "16Mi", "ephemeral-storage": "16Mi" };
const taskEnv = (index: number) => ({ SEED: String(index), ALPHA: (index / 1000).toFixed(3), INPUT: `inputs/run-${index % 100}.root` });

/** One batch Job with `count` tasks; its records are apart from those of other namespaces. */
export function batchParameters(namespace: string, count: number) {
  return {
    name: "sweep",
    namespace,
    resultsPrefix: `${namespace}/`,
    image,
    command,
    tasks: Array.from({ length: count }, (_, index) => ({ env: taskEnv(index) })),
    cpu: resources.cpu,
    memory: resources.memory,
    ephemeralStorage: resources["ephemeral-storage"],
    pool: "compute",
    // Not from OVHcloud's price list, which is no part of what is measured.
    prices: { nodeHour: { "b2-7": 0.0681 } },
  } satisfies Partial<BatchJobArgs>;
}

/** One of the Jobs that do the same without a batch Job: one for each task. */
export function jobManifest(namespace: string, index: number) {
  return {
    apiVersion: "batch/v1" as const,
    kind: "Job" as const,
    metadata: {
      name: `sweep-${index}`,
      namespace,
      labels: { app: "sweep" },
      // Only the acceptance is measured; without it, Pulumi would wait for each Job to end.
      annotations: { "pulumi.com/skipAwait": "true" },
    },
    spec: {
      backoffLimit: 3,
      ttlSecondsAfterFinished: 3600,
      template: {
        metadata: { labels: { app: "sweep" } },
        spec: {
          restartPolicy: "Never",
          nodeSelector: { nodepool: "compute" },
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [
            {
              name: "task",
              image,
              command,
              env: Object.entries(taskEnv(index)).map(([name, value]) => ({ name, value })),
              resources: { requests: resources, limits: { memory: resources.memory, "ephemeral-storage": resources["ephemeral-storage"] } },
              securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
            },
          ],
        },
      },
    },
  };
}
