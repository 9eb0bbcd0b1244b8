import * as z from "zod";
import { badRequest, type ApiError } from "./errors";

export const nonEmpty = z.string().min(1, "must not be empty");

/**
 * Parses a request's body. A property that is null counts as absent, as in OVHcloud's API (several of its clients send
 * null for what the user did not set).
 *
 * @throws {ApiError} 400 that names every fault at once
 */
export function parseBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const result = schema.safeParse(withoutNulls(body ?? {}));
  if (result.success) return result.data;
  const faults = result.error.issues.flatMap((issue) => {
    const path = issue.path.join(".");
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => [[...issue.path, key].join("."), "unknown property"] as const);
    return [[path || "body", issue.message] as const];
  });
  throw invalid(Object.fromEntries(faults));
}

/** A 400 for faults by property name. */
export function invalid(faults: Readonly<Record<string, string>>): ApiError {
  const text = Object.entries(faults).map(([property, fault]) => `${property}: ${fault}`);
  return badRequest(`Invalid parameters: ${text.join("; ")}`, { ...faults });
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, item]) => (item === null ? [] : [[key, withoutNulls(item)]])));
}
