/** An S3 policy as OVHcloud attaches it to a user. */
export interface S3PolicyDocument {
  readonly Statement: readonly { Sid: string; Effect: "Allow"; Action: readonly string[]; Resource: readonly string[] }[];
}

/** Lets a user list one bucket, and read, write and delete its objects: nothing else, and no other bucket. */
export function bucketPolicy(bucket: string): S3PolicyDocument {
  return {
    Statement: [
      {
        Sid: "ListBucket",
        Effect: "Allow",
        Action: ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
        Resource: [`arn:aws:s3:::${bucket}`],
      },
      {
        Sid: "UseObjects",
        Effect: "Allow",
        Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
        Resource: [`arn:aws:s3:::${bucket}/*`],
      },
    ],
  };
}
