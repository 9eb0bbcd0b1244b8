/** The Pulumi program that the benchmark runs, bundled into projects of its own (see project.ts): nothing, one BatchJob, or plain Jobs. */
import { readFileSync } from "node:fs";
import { BatchJob } from "../../components/batch";
import { type StoreSettings } from "../../batch/storage/store";
import { batchParameters, jobManifest } from "./manifests";

export type StackSpec =
  | { readonly kind: "empty" }
  | { readonly kind: "jobs"; readonly kubeconfig: string; readonly namespace: string; readonly count: number }
  | {
      readonly kind: "batch";
      readonly kubeconfig: string;
      readonly store: StoreSettings;
      readonly namespace: string;
      readonly count: number;
      readonly wait: "none" | "complete";
    };

module.exports = async () => {
  const spec = JSON.parse(readFileSync("spec.json", "utf8")) as StackSpec;
  if (spec.kind === "batch") {
    const { kubeconfig, store, namespace, count, wait } = spec;
    new BatchJob("sweep", { ...batchParameters(namespace, count), kubeconfig, store, wait });
  }
  if (spec.kind === "jobs") {
    const { Provider, batch } = await import("@pulumi/kubernetes");
    const provider = new Provider("cluster", { kubeconfig: spec.kubeconfig });
    for (let index = 0; index < spec.count; index++) new batch.v1.Job(`sweep-${index}`, jobManifest(spec.namespace, index), { provider });
  }
};
