import type { PolicyStatement, S3Access } from "../api/state/backends";
import { bucketActions, objectActions } from "./actions";

/** A statement of a bucket's policy. */
interface BucketStatement {
  readonly Effect: "Allow" | "Deny";
  readonly Principal: { readonly AWS: readonly string[] };
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
}

const arn = "arn:aws:s3:::";

/**
 * The policy of a bucket that gives each credential what its user's policy says about this bucket, and its owner without a policy everything.
 * OVHcloud attaches policies to users; the S3 server has them on buckets. Undefined when nobody may do anything.
 */
export function bucketPolicy(bucket: string, { accounts, owners }: S3Access): string | undefined {
  const owner = owners.find((candidate) => candidate.bucket === bucket)?.userId;
  const statements = accounts.flatMap(({ access, userId, statements: own }) => [
    // What a user's policy does not allow is not allowed to the owner either: the ownership counts where there is no policy.
    ...(userId === owner && own.length === 0 ? [statement("Allow", access, ["s3:*"], [bucket, `${bucket}/*`])] : []),
    ...own.flatMap((one) => translate(bucket, access, one)),
  ]);
  return statements.length === 0 ? undefined : JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

/** What a user's statement says about one bucket: about the bucket itself and about the objects in it apart. */
function translate(bucket: string, access: string, { Effect, Action, Resource }: PolicyStatement): BucketStatement[] {
  const patterns = Resource.map((resource) => (resource === "*" ? "*" : resource.slice(arn.length)));
  const coversBucket = patterns.some((pattern) => remainders(pattern, bucket).includes(""));
  const objects = [...new Set(patterns.flatMap((pattern) => remainders(pattern, `${bucket}/`)))].filter((rest) => rest !== "");
  const about = (known: readonly string[]): string[] => known.filter((action) => Action.some((pattern) => matches(pattern, action)));
  const parts = [
    { actions: about(bucketActions), resources: coversBucket ? [bucket] : [] },
    { actions: about(objectActions), resources: objects.map((rest) => `${bucket}/${rest}`) },
  ];
  return parts
    .filter(({ actions, resources }) => actions.length > 0 && resources.length > 0)
    .map(({ actions, resources }) => statement(Effect, access, actions, resources));
}

function statement(Effect: "Allow" | "Deny", access: string, Action: readonly string[], resources: readonly string[]): BucketStatement {
  return { Effect, Principal: { AWS: [access] }, Action, Resource: resources.map((resource) => `${arn}${resource}`) };
}

const matches = (pattern: string, text: string): boolean => remainders(pattern, text).includes("");

/**
 * What may be left of a pattern with the wildcards `*` and `?` once it has matched `prefix`. A `*` also matches "/", as in
 * S3 policies. An empty remainder in the answer means that the pattern matches the prefix itself.
 */
export function remainders(pattern: string, prefix: string): string[] {
  /** Positions in the pattern, with those that a `*` that matches nothing leads to. */
  const closed = (positions: Iterable<number>): Set<number> => {
    const all = new Set(positions);
    for (const position of all) if (pattern[position] === "*") all.add(position + 1);
    return all;
  };
  let positions = closed([0]);
  for (const character of prefix) {
    const next: number[] = [];
    for (const position of positions) {
      const expected = pattern[position];
      if (expected === "*") next.push(position);
      else if (expected === "?" || expected === character) next.push(position + 1);
    }
    positions = closed(next);
  }
  return [...positions].map((position) => pattern.slice(position));
}
