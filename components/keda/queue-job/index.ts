import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as pulumi from "@pulumi/pulumi";
import { type QueueManifests, queueManifests } from "../../../batch/jobs/manifest/scaled-job";
import { type QueueJobArgs, type QueueTrigger } from "./args";
import { checkKnown, parametersOf } from "./check";

export type { CustomTrigger, KafkaTrigger, PostgresqlTrigger, QueueJobArgs, QueueTrigger } from "./args";

const apiVersion = "keda.sh/v1alpha1";

/** What of a trigger is read from Secrets. */
const secretParameters = ["connection", "username", "password", "ca", "certificate", "key", "authentication"];

/**
 * Runs as many pods as a queue has items, each as a Job that KEDA creates: docs/queue-jobs.md. KEDA and its CustomResourceDefinitions must be in the cluster
 * (`dependsOn`). The batch controller records what the runs come to; `mks-batch status` shows it.
 */
export class QueueJob extends pulumi.ComponentResource {
  /** One for each trigger that reads Secrets. */
  readonly authentications: readonly CustomResource[];
  readonly scaledJob: CustomResource;
  /** Key prefix of records and results in the bucket. */
  readonly resultsPrefix: pulumi.Output<string>;
  private readonly manifests: pulumi.Output<QueueManifests>;

  constructor(
    private readonly name: string,
    private readonly args: QueueJobArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("ovh-mks-batch:keda:QueueJob", name, {}, opts);
    const named = { ...args, name: args.name ?? name };
    checkKnown(this, name, named);
    const parameters = parametersOf(name, named);
    this.manifests = parameters.apply(queueManifests);
    this.authentications = this.createAuthentications();
    this.scaledJob = this.createScaledJob();
    this.resultsPrefix = parameters.resultsPrefix;
    this.registerOutputs({ resultsPrefix: this.resultsPrefix });
  }

  private createAuthentications(): CustomResource[] {
    return this.args.triggers.flatMap((trigger, n) => {
      if (!readsSecrets(trigger)) return [];
      const { metadata, spec } = this.manifests.apply(({ authentications }) => authentications.get(n)!);
      const props = { apiVersion, kind: "TriggerAuthentication", metadata, spec };
      return new CustomResource(`${this.name}-trigger-${n}`, props, { parent: this });
    });
  }

  private createScaledJob(): CustomResource {
    const { metadata, spec } = this.manifests.scaledJob;
    return new CustomResource(
      `${this.name}-scaled-job`,
      { apiVersion, kind: "ScaledJob", metadata, spec },
      { parent: this, dependsOn: [...this.authentications] },
    );
  }
}

/** Which resources there are must be plain to see, without waiting for outputs. */
const readsSecrets = (trigger: QueueTrigger): boolean =>
  Object.values(trigger).some((kind: Readonly<Record<string, unknown>> = {}) => secretParameters.some((name) => kind[name] !== undefined));
