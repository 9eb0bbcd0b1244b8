import * as pulumi from "@pulumi/pulumi";
import { ObjectStorage, type ObjectStorageArgs } from "../../components/storage";
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
    const { find } = await create({ protected: true });
    expect(find(bucket).options).toMatchObject({ protect: true, retainOnDelete: true });
    expect(find("ovh:CloudProject/s3Credential:S3Credential").options).not.toHaveProperty("protect");
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

  it("gives its user that one bucket: listing it, and reading, writing and deleting its objects", async () => {
    const { find } = await create({ bucketName: "mine" });
    expect(find("ovh:CloudProject/user:User").inputs).toEqual({
      serviceName: "project",
      description: "S3 access to mine",
      roleName: "objectstore_operator",
    });
    const { policy, ...rest } = find("ovh:CloudProject/s3Policy:S3Policy").inputs;
    expect(rest).toEqual({ serviceName: "project", userId: "s-user-id" });
    expect(JSON.parse(policy as string)).toEqual({
      Statement: [
        {
          Sid: "ListBucket",
          Effect: "Allow",
          Action: ["s3:ListBucket", "s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
          Resource: ["arn:aws:s3:::mine"],
        },
        {
          Sid: "UseObjects",
          Effect: "Allow",
          Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
          Resource: ["arn:aws:s3:::mine/*"],
        },
      ],
    });
  });

  it("answers OVHcloud's endpoint and region as S3 clients write them, and the credentials as a secret", async () => {
    const { result } = await create();
    expect(await valueOf(result.endpoint)).toBe("https://s3.gra.io.cloud.ovh.net");
    expect(await valueOf(result.region)).toBe("gra");
    expect(await valueOf(result.credentials)).toEqual({ accessKeyId: "ACCESS", secretAccessKey: "s3-secret" });
    expect(await pulumi.isSecret(result.credentials)).toBe(true);
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
