import * as batch from "@pulumi/kubernetes/batch/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import type { input } from "@pulumi/kubernetes/types";
import * as pulumi from "@pulumi/pulumi";
import { s3SecretName, s3Variables } from "../../batch/spec/secrets";
import { backupsPrefix } from "../../batch/storage/keys";
import type { BackupArgs, DatabaseArgs } from "./args";
import { type CommandArgs, commandPod } from "./pod";

export interface BackupsArgs extends Pick<DatabaseArgs, "image" | "pool" | "poolTaints" | "imagePullSecrets" | "database"> {
  readonly backup: BackupArgs;
  readonly size: string;
  /** Metadata without a name. */
  readonly metadata: input.meta.v1.ObjectMeta;
  /** Secret by which the database's owner connects. */
  readonly ownerSecret: pulumi.Input<string>;
  /** Secret by which a role connects that may read everything, and write nothing. */
  readonly readerSecret: pulumi.Input<string>;
}

/** Two CronJobs: one makes backups; the other is never due, and is the template of Jobs that restore one. @param name start of Pulumi's names */
export function createBackups(parent: pulumi.Resource, name: string, args: BackupsArgs): batch.CronJob[] {
  const { backup, metadata, database } = args;
  const { name: bucket, endpoint, region, operatorCredentials } = backup.bucket;
  const { accessKeyId, secretAccessKey } = pulumi.output(operatorCredentials);
  const values = { endpoint, region, bucket, accessKeyId, secretAccessKey };
  const keys = Object.keys(values) as (keyof typeof values)[];
  const s3 = new core.Secret(
    `${name}-s3`,
    {
      metadata: { ...metadata, name: s3SecretName },
      stringData: Object.fromEntries(keys.map((key) => [s3Variables[key], values[key]])),
    },
    { parent },
  );
  const create = (
    command: CommandArgs["command"],
    secret: pulumi.Input<string>,
    variables: CommandArgs["variables"],
    when: Pick<input.batch.v1.CronJobSpec, "schedule" | "suspend">,
  ): batch.CronJob => {
    const prefix = { BACKUPS_PREFIX: `${backupsPrefix}${database}/` };
    const secrets = [secret, s3.metadata.name];
    return new batch.CronJob(
      `${name}-${command}`,
      {
        metadata: { ...metadata, name: `postgresql-${command}` },
        spec: {
          ...when,
          timeZone: "Etc/UTC",
          concurrencyPolicy: "Forbid",
          // One that was missed, for the cluster was away, is made up for within the day.
          startingDeadlineSeconds: 86_400,
          successfulJobsHistoryLimit: 1,
          failedJobsHistoryLimit: 3,
          jobTemplate: {
            spec: {
              // A restore is started by a person, who sees why it failed.
              backoffLimit: command === "backup" ? 3 : 0,
              activeDeadlineSeconds: 6 * 3600,
              template: {
                metadata: { labels: metadata.labels },
                spec: commandPod({ ...args, command, secrets, variables: { ...prefix, ...variables } }),
              },
            },
          },
        },
      },
      { parent },
    );
  };
  return [
    create("backup", args.readerSecret, { BACKUPS_KEEP: String(backup.keep) }, { schedule: backup.schedule, suspend: false }),
    create("restore", args.ownerSecret, { BACKUP: "" }, { schedule: "0 0 1 1 *", suspend: true }),
  ];
}
