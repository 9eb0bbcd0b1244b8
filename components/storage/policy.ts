import { backupsPrefix, bookkeeping, defaultResultsPrefix, registryPrefix } from "../../batch/storage/keys";

interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow" | "Deny";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

/** An S3 policy as OVHcloud attaches it to a user. What is denied is denied, whatever else is allowed. */
export interface S3PolicyDocument {
  readonly Statement: readonly Statement[];
}

const writing = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"];
const reading = ["s3:GetObject", "s3:ListMultipartUploadParts"];

/** Lets a user list one bucket, and read, write and delete its objects: nothing else, and no other bucket. */
export function operatorPolicy(bucket: string): S3PolicyDocument {
  return {
    Statement: [
      {
        Sid: "ListBucket",
        Effect: "Allow",
        Action: ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
        Resource: [`arn:aws:s3:::${bucket}`],
      },
      { Sid: "UseObjects", Effect: "Allow", Action: [...reading, ...writing], Resource: [`arn:aws:s3:::${bucket}/*`] },
    ],
  };
}

/**
 * The same, but for backups of a database and the book-keeping of batch Jobs: tasks can neither read nor write the registry, nor records, logs, summaries and reports where Jobs have
 * them by default, and write none anywhere. A Job may have its results under any prefix, where inputs may be in a folder `logs/` too: those can be read.
 */
export function taskPolicy(bucket: string): S3PolicyDocument {
  const keys = Object.values(bookkeeping).map((name) => (name.endsWith("/") ? `${name}*` : name));
  const at = (prefix: string): string[] => keys.map((key) => `arn:aws:s3:::${bucket}/${prefix}${key}`);
  return {
    Statement: [
      ...operatorPolicy(bucket).Statement,
      { Sid: "KeepRecords", Effect: "Deny", Action: writing, Resource: at("*/") },
      {
        Sid: "HideRecords",
        Effect: "Deny",
        Action: [...reading, ...writing],
        Resource: [
          ...[registryPrefix, backupsPrefix].map((prefix) => `arn:aws:s3:::${bucket}/${prefix}*`),
          ...at(defaultResultsPrefix("*")),
        ],
      },
    ],
  };
}
