import * as z from "zod";
import type { PolicyStatement } from "../state/backends";
import { badRequest } from "../request/errors";
import { invalid } from "../request/validate";

/** A string or a list of them, as policies have it. */
const oneOrMore = (item: z.ZodString) => z.preprocess((value) => (typeof value === "string" ? [value] : value), z.array(item).min(1));

const policySchema = z.strictObject({
  Version: z.string().optional(),
  Id: z.string().optional(),
  Statement: z.array(
    z.strictObject({
      Sid: z.string().optional(),
      Effect: z.enum(["Allow", "Deny"]),
      Action: oneOrMore(z.string().regex(/^(\*|s3:[A-Za-z*?]+)$/, "must be an S3 action such as s3:GetObject")),
      Resource: oneOrMore(z.string().regex(/^(\*|arn:aws:s3:::.+)$/, "must be * or start with arn:aws:s3:::")),
    }),
  ),
});

/**
 * The statements of a user's policy document.
 *
 * @throws {ApiError} 400 when the text is no policy; also for Condition, NotAction and NotResource, which the local cloud
 * does not support and must not pass over in silence
 */
export function parsePolicy(text: string): PolicyStatement[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw badRequest(`policy: not valid JSON: ${(error as Error).message}`);
  }
  const result = policySchema.safeParse(document);
  if (!result.success) {
    throw invalid(Object.fromEntries(result.error.issues.map((issue) => [["policy", ...issue.path].join("."), issue.message])));
  }
  return result.data.Statement.map(({ Effect, Action, Resource }) => ({ Effect, Action, Resource }));
}
