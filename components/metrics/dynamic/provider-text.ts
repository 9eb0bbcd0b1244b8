import { checkInstalled } from "../../pulumi/installed";

/**
 * What the engine stores as the provider of a resource of this folder. As in components/batch/batch-job.ts it never changes, and loads the code
 * of the checkout.
 *
 * @param name of the provider in providers.ts
 */
export function providerText(name: "certificate" | "metricsApi"): string {
  checkInstalled();
  return `exports.handler = () => require("node:module").createRequire(require("node:path").resolve("_"))("ovh-mks-batch/components/metrics/load.cjs").${name};`;
}
