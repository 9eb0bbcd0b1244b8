import * as pulumi from "@pulumi/pulumi";
import { ObjectStorage, type ObjectStorageArgs } from "../../components/storage";
import { taskPolicy } from "../../components/storage/policy";
import { record, valueOf } from "./harness";
import { resourceMocks } from "./mocks";
import { storageArgs } from "./samples";

const bucket = "ovh:CloudProject/storage:Storage";
const lifecycle = "ovh:index/cloudProjectStorageObjectBucketLifecycleConfiguration:CloudProjectStorageObjectBucketLifecycleConfiguration";
const create = (args: Partial<ObjectStorageArgs> = {}) =>
  record(() => new ObjectStorage("s", { ...storageArgs, ...args }), { resources: resourceMocks });

describe("ObjectStorage", () => {
  it("makes an encrypted bucket with a random end to its name, whose objects stay out of the state", async () => {
    const { find } = await create();
    expect(find("random:index/randomId:RandomId").inputs).toEqual({ byteLength: 4 });
    expect(find(bucket).inputs).toEqual({
      serviceName: "project",
      regionName: "GRA",
      name: "my-batch-1a2b3c4d",
      versioning: { status: "disabled" },
      encryption: { sseAlgorithm: "AES256" },
      hideObjects: true,
    });
    expect(find(bucket).options).not.toHaveProperty("protect");
  });

  it("uses the name that it is given as it is", async () => {
    const { find, resources } = await create({ bucketName: "mine" });
    expect(find(bucket).inputs.name).toBe("mine");
    expect(resources.map((resource) => resource.name)).not.toContain("s-id");
  });

  it("passes versioning, encryption and object lock on", async () => {
    const { find } = await create({ versioning: true, encryption: "plaintext", objectLock: { mode: "governance", days: 30 } });
    expect(find(bucket).inputs).toMatchObject({
      versioning: { status: "enabled" },
      encryption: { sseAlgorithm: "plaintext" },
      objectLock: { status: "enabled", rule: { mode: "governance", period: "P30D" } },
    });
  });

  it("protects the bucket against deletion, even of its resource", async () => {
    const { find, resources } = await create({ protected: true });
    expect(find(bucket).options).toMatchObject({ protect: true, retainOnDelete: true });
    expect(resources.find(({ name }) => name === "s-credential")?.options).not.toHaveProperty("protect");
  });

  it("cleans up what it is told to, and nothing else", async () => {
    const { find } = await create({ lifecycle: { noncurrentDays: 30 } });
    expect(find(lifecycle).inputs).toEqual({
      serviceName: "project",
      regionName: "GRA",
      containerName: "my-batch-1a2b3c4d",
      rules: [{ id: "expire-old-versions", status: "enabled", noncurrentVersionExpiration: { noncurrentDays: 30 } }],
    });
    const uploads = await create({ lifecycle: { incompleteUploadDays: 7 } });
    expect(uploads.find(lifecycle).inputs.rules).toEqual([
      { id: "abort-uploads", status: "enabled", abortIncompleteMultipartUpload: { daysAfterInitiation: 7 } },
    ]);
  });

  const policyOf = async (name: string) => {
    const { resources } = await create({ bucketName: "mine" });
    const of = (suffix: string) => resources.find((resource) => resource.name === `${name}-${suffix}`)!.inputs;
    const { policy, ...rest } = of("policy");
    expect(rest).toEqual({ serviceName: "project", userId: `${name}-user-id` });
    expect(of("credential")).toEqual(rest);
    return { user: of("user"), statements: (JSON.parse(policy as string) as { Statement: object[] }).Statement };
  };
  const wholeBucket = [
    {
      Sid: "ListBucket",
      Effect: "Allow",
      Action: ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
      Resource: ["arn:aws:s3:::mine"],
    },
    {
      Sid: "UseObjects",
      Effect: "Allow",
      Action: ["s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
      Resource: ["arn:aws:s3:::mine/*"],
    },
  ];

  it("gives the operators' user that one bucket: listing it, and reading, writing and deleting its objects", async () => {
    const { user, statements } = await policyOf("s-operator");
    expect(user).toEqual({ serviceName: "project", description: "S3 access to mine for its operators", roleName: "objectstore_operator" });
    expect(statements).toEqual(wholeBucket);
  });

  it("gives the tasks' user, which has the names of the only one that there was, the same without the book-keeping of batch Jobs", async () => {
    const { user, statements } = await policyOf("s");
    expect(user).toEqual({ serviceName: "project", description: "S3 access to mine", roleName: "objectstore_operator" });
    expect(statements).toEqual([
      ...wholeBucket,
      {
        Sid: "KeepRecords",
        Effect: "Deny",
        Action: ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
        Resource: [
          "arn:aws:s3:::mine/*/records/*",
          "arn:aws:s3:::mine/*/logs/*",
          "arn:aws:s3:::mine/*/summary.json",
          "arn:aws:s3:::mine/*/report.html",
        ],
      },
      {
        Sid: "HideRecords",
        Effect: "Deny",
        Action: ["s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
        Resource: [
          "arn:aws:s3:::mine/batch/.jobs/*",
          "arn:aws:s3:::mine/database-backups/*",
          "arn:aws:s3:::mine/batch/*/records/*",
          "arn:aws:s3:::mine/batch/*/logs/*",
          "arn:aws:s3:::mine/batch/*/summary.json",
          "arn:aws:s3:::mine/batch/*/report.html",
        ],
      },
    ]);
    // The longest name of a bucket still makes a policy that AWS, too, would take of a user: 2,048 characters.
    expect(JSON.stringify(taskPolicy("b".repeat(63))).length).toBeLessThan(2048);
  });

  it("answers OVHcloud's endpoint and region as S3 clients write them, and the credentials as a secret", async () => {
    const { result } = await create();
    expect(await valueOf(result.endpoint)).toBe("https://s3.gra.io.cloud.ovh.net");
    expect(await valueOf(result.region)).toBe("gra");
    for (const { credentials } of [result.operator, result.tasks]) {
      expect(await valueOf(credentials)).toEqual({ accessKeyId: "ACCESS", secretAccessKey: "s3-secret" });
      expect(await pulumi.isSecret(credentials)).toBe(true);
    }
  });

  it("answers another endpoint when it is given one", async () => {
    const { result } = await create({ endpoint: "http://192.0.2.1:9000" });
    expect(await valueOf(result.endpoint)).toBe("http://192.0.2.1:9000");
  });

  it.each<[string, Partial<ObjectStorageArgs>, string]>([
    ["a prefix that no bucket may have", { bucketPrefix: "my_batch" }, 'bucketPrefix ("my_batch") must have up to 54 characters'],
    ["a prefix that leaves no room", { bucketPrefix: "x".repeat(55) }, "must have up to 54 characters"],
    [
      "an object lock without versioning",
      { objectLock: { mode: "compliance", days: 1 } },
      "versioning (undefined) must be true with objectLock",
    ],
  ])("refuses %s", async (_what, args, message) => {
    await expect(create(args)).rejects.toThrow(message);
  });

  it("accepts the longest prefix, and any prefix beside a name", async () => {
    await expect(create({ bucketPrefix: "x".repeat(54) })).resolves.toBeDefined();
    await expect(create({ bucketPrefix: "my_batch", bucketName: "mine" })).resolves.toBeDefined();
  });
});
