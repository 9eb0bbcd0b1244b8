/** What to say of a property that there is not. */
import { nearest } from "../../common/nearest";
import { propertiesAt } from "../../common/schema-at";
import { fields } from "./fields";

/** More names than these are not listed. */
const listed = 8;

/** @param path where the property is @param name its name, which is not known there */
export function unknownProperty(path: readonly PropertyKey[], name: string): string {
  const known = propertiesAt(fields, path);
  const near = nearest(name, known) ?? known.find((candidate) => candidate.startsWith(name) || name.startsWith(candidate));
  if (near) return `is not known; did you mean '${near}'?`;
  return `is not known; there ${known.length > listed ? "is a list in docs/batch-job.md" : `are ${known.map((candidate) => `'${candidate}'`).join(", ")}`}`;
}
