/** What to say of a property that there is not. */
import type * as z from "zod";
import { nearest } from "../../common/nearest";
import { propertiesAt } from "../../common/schema-at";

/** More names than these are not listed. */
const listed = 8;

/**
 * @param page that lists all properties of the schema
 * @returns what to say of a name that is not known at a path
 */
export const unknownIn =
  (schema: z.ZodType, page: string) =>
  (path: readonly PropertyKey[], name: string): string => {
    const known = propertiesAt(schema, path);
    const near = nearest(name, known) ?? known.find((candidate) => candidate.startsWith(name) || name.startsWith(candidate));
    if (near) return `is not known; did you mean '${near}'?`;
    return `is not known; there ${known.length > listed ? `is a list in ${page}` : `are ${known.map((candidate) => `'${candidate}'`).join(", ")}`}`;
  };
