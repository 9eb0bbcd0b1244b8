import * as pulumi from "@pulumi/pulumi";
import { type Cost, type Counts, type Row } from "../../batch";
import { secretFault, secretPaths } from "../pulumi/secrets";
import { checkInstalled } from "../pulumi/installed";
import { type BatchJobArgs } from "./args";
import { fromText, packed, toText } from "./text";

/**
 * What the engine stores as the resource's provider and evaluates in a process of its own, whose working directory is that of the program: this
 * checkout, a folder in it, or a package that depends on this one.
 * It is this constant, and not a serialised closure, so that it never changes: refresh and destroy always run the code of the checkout, the state
 * holds no code, secret or machine path, and Pulumi's serialiser, which takes most of a second, is not loaded.
 */
export const providerText = `exports.handler = () => require("node:module").createRequire(require("node:path").resolve("_"))("ovh-mks-batch/components/batch/load.cjs");`;

/**
 * A batch Job: runs the tasks that have no recorded result, waits for them, and keeps their results when the Kubernetes Job is gone.
 * An update that was interrupted is taken up by the next one. An update fails when tasks fail, unless `onFailure` is `report`.
 */
export class BatchJob extends pulumi.CustomResource {
  /**
   * `complete`: all tasks succeeded. `failed`: all ended, some failed. `unfinished`: some did not come to an end. `running`: some are at work, and nobody waits.
   * `scheduled`: there is a schedule; the other outputs are of its last time.
   */
  declare readonly status: pulumi.Output<"complete" | "failed" | "unfinished" | "running" | "scheduled">;
  declare readonly counts: pulumi.Output<Counts>;
  /** Start of the first and end of the last task that ran; empty when none ever did. */
  declare readonly startedAt: pulumi.Output<string>;
  declare readonly finishedAt: pulumi.Output<string>;
  /** Every task; beyond 1,000 tasks the failed ones come first and the table ends there. */
  declare taskResults: pulumi.Output<readonly Row[]>;
  /** Key prefix of records and results in the bucket. */
  declare readonly resultsPrefix: pulumi.Output<string>;
  /** Name of the Kubernetes Job. */
  declare readonly jobName: pulumi.Output<string>;
  /** Identifies the set of tasks: changes with every new or changed task. */
  declare readonly taskSet: pulumi.Output<string>;
  /** What the tasks that are recorded have cost. */
  declare readonly cost: pulumi.Output<Cost>;
  /** Where the logs of all attempts are, `s3://…/`. */
  declare readonly logs: pulumi.Output<string>;
  /** Where the bucket's list of Jobs has this one, `s3://…`. */
  declare readonly registry: pulumi.Output<string>;
  /** Next and last time of the schedule, ISO 8601 in UTC; empty without one. */
  declare readonly nextRun: pulumi.Output<string>;
  declare readonly lastRun: pulumi.Output<string>;

  constructor(name: string, args: BatchJobArgs, opts?: pulumi.CustomResourceOptions) {
    checkInstalled();
    const { kubeconfig, store, ...open } = args;
    const props = {
      name,
      ...open,
      tasks: asText(args.tasks),
      kubeconfig: pulumi.secret(kubeconfig),
      store: pulumi.secret(store),
      __provider: providerText,
      ...(pulumi.runtime.isDryRun() && { __preview: true }),
      // The provider is not told what is secret.
      __secrets: secretPaths(open).then((paths) => paths?.map(secretFault)),
      // Pulumi resolves only outputs that are named here.
      status: undefined,
      counts: undefined,
      startedAt: undefined,
      finishedAt: undefined,
      taskResults: undefined,
      taskSet: undefined,
      jobName: undefined,
      cost: undefined,
      logs: undefined,
      registry: undefined,
      nextRun: undefined,
      lastRun: undefined,
      resultsPrefix: args.resultsPrefix,
    };
    super(
      "pulumi-nodejs:dynamic/batch:BatchJob",
      name,
      props,
      pulumi.mergeOptions(opts, { additionalSecretOutputs: ["kubeconfig", "store"] }),
    );
    this.taskResults = this.taskResults.apply((rows: readonly Row[] | string) =>
      typeof rows === "string" ? (fromText(rows) as readonly Row[]) : rows,
    );
  }
}

/** The provider takes the tasks as text, for the engine's sake. */
function asText(tasks: BatchJobArgs["tasks"]): pulumi.Input<string> | undefined {
  return tasks && (isPlain(tasks) ? toText(tasks) : pulumi.jsonStringify(tasks).apply(packed));
}

/** Whether Pulumi would have to wait for nothing in it: then it need not look through it, which takes a second for 10,000 tasks. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === Array.prototype) && Object.values(value).every(isPlain);
}
