import * as z from "zod";
import { settingsSchema } from "./config";
import { nearest } from "../common/nearest";
import { propertiesAt, schemaAt } from "../common/schema-at";

type Issue = z.core.$ZodIssue;

/** A value as a message shows it: whole when it is short, a text in quotes where the fault is that it is one. */
function show({ code, input }: Issue): string {
  const text = typeof input === "string" && code !== "invalid_type" ? input : JSON.stringify(input);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

function unknownKey(path: readonly PropertyKey[], key: string): string {
  const known = propertiesAt(settingsSchema, path);
  const guess = nearest(key, known);
  return `${[...path, key].join(".")} is not a setting; ${guess ? `did you mean ${guess}?` : `there are ${known.join(", ")}`}`;
}

const typeNames: Record<string, string> = {
  int: "a whole number",
  number: "a number",
  string: "a text",
  boolean: "true or false",
  object: "an object",
  record: "an object",
  array: "a list",
};

/** What zod says of an issue when its schema says nothing of its own. */
const { localeError } = z.locales.en();

function rule(issue: Issue): string {
  const standard = localeError(issue as z.core.$ZodRawIssue);
  if (issue.code !== "invalid_key" && issue.message !== (typeof standard === "string" ? standard : standard?.message)) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return `must be ${typeNames[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `must be ${issue.values.map(String).join(" or ")}`;
    case "too_small":
      return `must be at least ${issue.minimum}${issue.origin === "number" || issue.origin === "int" ? "" : " long"}`;
    case "too_big":
      return `must be at most ${issue.maximum}${issue.origin === "number" || issue.origin === "int" ? "" : " long"}`;
    case "invalid_key":
      return issue.issues[0]?.message ?? issue.message;
    default:
      return issue.message;
  }
}

/**
 * What is wrong with the settings, one line for each fault: property, value, rule.
 *
 * @param isSecret whether the value of a top-level setting must not be shown
 */
export function describeFaults(issues: readonly Issue[], isSecret: (key: string) => boolean): string[] {
  return issues.flatMap((issue) => {
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(issue.path, key));
    const property = issue.path.join(".");
    if (issue.code !== "custom" && issue.input === undefined)
      return [`${property} is missing: ${schemaAt(settingsSchema, issue.path).description}`];
    if (issue.input === undefined) return [`${property} ${rule(issue)}`];
    return [`${property} (${isSecret(String(issue.path[0])) ? "[secret]" : show(issue)}) ${rule(issue)}`];
  });
}
