import type { PolicyStatement, S3Access } from "../../../local/api/state/backends";
import { bucketPolicy, remainders } from "../../../local/s3/policies";

const access = (statements: readonly PolicyStatement[], owner = "0"): S3Access => ({
  accounts: [{ access: "AK", secret: "S", userId: "1", statements }],
  owners: [{ bucket: "videos", userId: owner }],
});
const of = (
  statements: readonly PolicyStatement[],
  bucket = "videos",
  owner?: string,
): { Effect: string; Action: string[]; Resource: string[] }[] =>
  (JSON.parse(bucketPolicy(bucket, access(statements, owner)) ?? '{"Statement":[]}') as { Statement: [] }).Statement;
const allow = (Action: string[], ...Resource: string[]): PolicyStatement => ({ Effect: "Allow", Action, Resource });

it("gives a user nothing without a policy", () => {
  expect(bucketPolicy("videos", access([]))).toBeUndefined();
});

it("splits what is about the bucket from what is about its objects", () => {
  const both = allow(["s3:GetObject", "s3:ListBucket"], "arn:aws:s3:::videos", "arn:aws:s3:::videos/*");
  expect(of([both])).toEqual([
    { Effect: "Allow", Principal: { AWS: ["AK"] }, Action: ["s3:ListBucket"], Resource: ["arn:aws:s3:::videos"] },
    { Effect: "Allow", Principal: { AWS: ["AK"] }, Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::videos/*"] },
  ]);
});

it("says nothing about other buckets", () => {
  const own = allow(["s3:*"], "arn:aws:s3:::videos", "arn:aws:s3:::videos/*");
  expect(of([own], "videos2")).toEqual([]);
  expect(of([own], "video")).toEqual([]);
  expect(of([own], "other")).toEqual([]);
});

it("leaves out what does not apply: objects of a bucket alone, a bucket of objects alone", () => {
  expect(of([allow(["s3:GetObject"], "arn:aws:s3:::videos")])).toEqual([]);
  expect(of([allow(["s3:ListBucket"], "arn:aws:s3:::videos/*")])).toEqual([]);
  expect(of([allow(["s3:ListAllMyBuckets"], "*")])).toEqual([]);
});

it("keeps denials", () => {
  const deny: PolicyStatement = { Effect: "Deny", Action: ["s3:DeleteObject"], Resource: ["arn:aws:s3:::videos/keep/*"] };
  expect(of([deny])).toMatchObject([{ Effect: "Deny", Action: ["s3:DeleteObject"], Resource: ["arn:aws:s3:::videos/keep/*"] }]);
});

it("resolves wildcards in actions", () => {
  const [bucketPart, objectPart] = of([allow(["s3:Get*"], "*")]);
  expect(bucketPart?.Action).toEqual(expect.arrayContaining(["s3:GetBucketLocation", "s3:GetBucketPolicy"]));
  expect(objectPart?.Action).toEqual(expect.arrayContaining(["s3:GetObject", "s3:GetObjectVersion"]));
  expect([...(bucketPart?.Action ?? []), ...(objectPart?.Action ?? [])].every((action) => action.startsWith("s3:Get"))).toBe(true);
});

it.each([
  ["*", ["videos"], ["videos/*"]],
  ["arn:aws:s3:::*", ["videos"], ["videos/*"]],
  ["arn:aws:s3:::vid*", ["videos"], ["videos/*"]],
  ["arn:aws:s3:::video?", ["videos"], []],
  ["arn:aws:s3:::videos/in/*", [], ["videos/in/*"]],
  ["arn:aws:s3:::*/in/*", [], ["videos/in/*", "videos/*/in/*", "videos//in/*"]],
  ["arn:aws:s3:::photos/*", [], []],
  ["arn:aws:s3:::?ideos/a?", [], ["videos/a?"]],
])("resolves the resource %s", (resource, bucket, objects) => {
  const arns = (list: string[]): string[] => list.map((item) => `arn:aws:s3:::${item}`).sort();
  const resources = (action: string): string[] =>
    of([allow([action], resource)])
      .flatMap(({ Resource }) => Resource)
      .sort();
  expect(resources("s3:ListBucket")).toEqual(arns(bucket));
  expect(resources("s3:GetObject")).toEqual(arns(objects));
});

it("gives the owner no more than its policy", () => {
  const list = allow(["s3:ListBucket"], "arn:aws:s3:::videos");
  expect(of([list], "videos", "1")).toEqual(of([list], "videos", "2"));
});

it("gives the owner without a policy everything, with each credential, in the own bucket only", () => {
  expect(of([], "videos", "1")).toEqual([
    { Effect: "Allow", Principal: { AWS: ["AK"] }, Action: ["s3:*"], Resource: ["arn:aws:s3:::videos", "arn:aws:s3:::videos/*"] },
  ]);
  expect(of([], "other", "1")).toEqual([]);
});

it("matches wildcards as S3 does", () => {
  const matches = (pattern: string, text: string): boolean => remainders(pattern, text).includes("");
  expect(matches("a*c", "abbc")).toBe(true);
  expect(matches("a*c", "ac")).toBe(true);
  expect(matches("a*c", "abd")).toBe(false);
  expect(matches("a?c", "abc")).toBe(true);
  expect(matches("a?c", "ac")).toBe(false);
  expect(matches("*", "")).toBe(true);
  expect(matches("**", "a/b")).toBe(true);
  expect(matches("", "a")).toBe(false);
  expect(matches("a.c", "abc")).toBe(false);
});
