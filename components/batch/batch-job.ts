import * as pulumi from "@pulumi/pulumi";
import { type BatchJobArgs } from "./args";

/**
 * What the engine stores as the resource's provider and evaluates in a process of its own, whose working directory is the folder of Pulumi.yaml.
 * It is this constant, and not a serialised closure, so that it never changes: refresh and destroy always run the code of the checkout, the state
 * holds no code, secret or machine path, and Pulumi's serialiser, which takes most of a second, is not loaded.
 */
export const providerText = `exports.handler = () => require(require("node:path").resolve("components/batch/load.cjs"));`;

export interface BatchCounts {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Of the total, those that had ended before this update and did not run again. */
  readonly skipped: number;
}

/** How one task went; times are ISO 8601 in UTC. */
export interface BatchTaskResult {
  readonly name: string;
  readonly fingerprint: string;
  readonly status: "succeeded" | "failed" | "unfinished";
  /** How many pods tried. The following fields are of the last one. */
  readonly attempts: number;
  readonly start?: string;
  readonly end?: string;
  readonly node?: string;
  readonly exitCode?: number;
  /** Why it failed. */
  readonly reason?: string;
  /** What it says that it wrote into the bucket. */
  readonly outputs: readonly { readonly key: string; readonly bytes: number }[];
}

/**
 * A batch Job: runs the tasks that have no recorded result, waits for them, and keeps their results when the Kubernetes Job is gone.
 * An update that was interrupted is taken up by the next one. An update fails when tasks fail, unless `onFailure` is `report`.
 */
export class BatchJob extends pulumi.CustomResource {
  /** `complete`, `failed` (all tasks ended, some failed), `unfinished` or, after a refresh, `running`. */
  declare readonly status: pulumi.Output<"complete" | "failed" | "unfinished" | "running">;
  declare readonly counts: pulumi.Output<BatchCounts>;
  /** Start of the first and end of the last task that ran; empty when none ever did. */
  declare readonly startedAt: pulumi.Output<string>;
  declare readonly finishedAt: pulumi.Output<string>;
  /** Every task; beyond 1,000 tasks the failed ones come first and the table ends there. */
  declare readonly taskResults: pulumi.Output<readonly BatchTaskResult[]>;
  /** Key prefix of records and results in the bucket. */
  declare readonly resultsPrefix: pulumi.Output<string>;
  /** Name of the Kubernetes Job. */
  declare readonly jobName: pulumi.Output<string>;

  constructor(name: string, args: BatchJobArgs, opts?: pulumi.CustomResourceOptions) {
    const props = {
      name,
      ...args,
      kubeconfig: pulumi.secret(args.kubeconfig),
      store: pulumi.secret(args.store),
      __provider: providerText,
      // Pulumi resolves only outputs that are named here.
      status: undefined,
      counts: undefined,
      startedAt: undefined,
      finishedAt: undefined,
      taskResults: undefined,
      taskSet: undefined,
      jobName: undefined,
      resultsPrefix: args.resultsPrefix,
    };
    super(
      "pulumi-nodejs:dynamic/batch:BatchJob",
      name,
      props,
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["kubeconfig", "store"] }),
    );
  }
}
