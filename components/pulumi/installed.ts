import { createRequire } from "node:module";
import { resolve } from "node:path";

/** Looks up the package from where the engine will load its dynamic providers. @throws {Error} with the way when it is not there */
export function checkInstalled(): void {
  try {
    createRequire(resolve("_")).resolve("ovh-mks-batch/components/batch/load.cjs");
  } catch (error) {
    throw new Error(
      "the Pulumi program lies outside the package ovh-mks-batch, and does not depend on it; " +
        "install it there by path, Git or tarball: npm install /path/to/checkout (see docs/batch-job.md, 'In a project of your own')",
      { cause: error },
    );
  }
}
