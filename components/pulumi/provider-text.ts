import { checkInstalled } from "./installed";

/** The dynamic providers, by the folder of components whose load.cjs has them. */
interface Providers {
  readonly metrics: "certificate" | "metricsApi";
  readonly keda: "presence" | "scaledResources";
  readonly karpenter: "cleanUp";
}

/**
 * What the engine stores as the provider of a dynamic resource. As in components/batch/batch-job.ts it never changes, and loads the code of the
 * checkout.
 */
export function providerText<Folder extends keyof Providers>(folder: Folder, name: Providers[Folder]): string {
  checkInstalled();
  return `exports.handler = () => require("node:module").createRequire(require("node:path").resolve("_"))("ovh-mks-batch/components/${folder}/load.cjs").${name};`;
}
