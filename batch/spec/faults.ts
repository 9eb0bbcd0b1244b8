/** What a schema finds wrong, in the words of this project. */
import type * as z from "zod";

/** One thing that is wrong with the parameters. */
export interface Fault {
  /** e.g. `tasks[3].env.INPUT` */
  readonly property: string;
  readonly path: readonly PropertyKey[];
  readonly reason: string;
}

/** All faults at once. @param unknown what to say of a property that there is not */
export function faultsOf({ issues }: z.ZodError, unknown: (path: readonly PropertyKey[], name: string) => string): Fault[] {
  const fault = (path: readonly PropertyKey[], reason: string): Fault => ({ property: propertyPath(path), path, reason });
  return issues.flatMap(({ path, message, ...issue }) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => fault([...path, key], unknown(path, key)))
      : [fault(path, issue.code === "invalid_type" && message.startsWith("Invalid") ? typeFault(issue.expected, message) : message)],
  );
}

const typeNames: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  record: "a map",
};

/** In the words of the other faults. The value is not told: it may be a secret in the wrong place. */
const typeFault = (expected: string, message: string): string =>
  message.endsWith("undefined") ? "must be given" : `must be ${typeNames[expected] ?? expected}`;

function propertyPath(path: readonly PropertyKey[]): string {
  return path.map((key, i) => (typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${String(key)}`)).join("");
}
