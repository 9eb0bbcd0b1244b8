/** The configuration file of a program in the cluster. It may come from a Secret: no message shows a value that the schema's own do not show. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import type * as z from "zod";
import { ConfigError } from "../common/config-error";
import { nearest } from "../common/nearest";
import { propertiesAt } from "../common/schema-at";

/** Reads a file in YAML or JSON; without one everything has its default. @throws {ConfigError} that names every fault */
export function readConfigFile<Schema extends z.ZodType>(schema: Schema, file: string | undefined): z.infer<Schema> {
  return checkContent(schema, file === undefined ? {} : readFile(file), file ?? "the configuration");
}

function readFile(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigError(`${file} cannot be read: ${(error as { code?: string }).code}`);
  }
  try {
    return parse(text) ?? {};
  } catch (error) {
    // What the parser says shows a part of the file.
    const [{ line, col } = { line: 1, col: 1 }] = (error as { linePos?: { line: number; col: number }[] }).linePos ?? [];
    throw new ConfigError(`${file} is neither YAML nor JSON: line ${line}, column ${col}`);
  }
}

/** @param name of what holds the content @throws {ConfigError} that names every fault */
export function checkContent<Schema extends z.ZodType>(schema: Schema, content: unknown, name: string): z.infer<Schema> {
  const result = schema.safeParse(content);
  if (result.success) return result.data;
  throw new ConfigError(
    `${name} is not valid:\n  ${result.error.issues.flatMap((issue) => describe(schema, issue, content)).join("\n  ")}`,
  );
}

function describe(schema: z.ZodType, issue: z.core.$ZodIssue, content: unknown): string[] {
  const property = (path: readonly PropertyKey[]) =>
    path.map((key, i) => (typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${String(key)}`)).join("") || "the file";
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => `${property([...issue.path, key])} ${unknown(schema, issue.path, key)}`);
  const missing = issue.code === "invalid_type" && valueAt(content, issue.path) === undefined;
  return [
    `${property(issue.path)} ${missing ? "must be given" : issue.message.replace(/^Invalid input: expected (\w+).*/, "must be of type $1")}`,
  ];
}

function unknown(schema: z.ZodType, path: readonly PropertyKey[], key: string): string {
  const known = propertiesAt(schema, path);
  const guess = nearest(key, known);
  return `is not known; ${guess ? `did you mean ${guess}?` : `there are ${known.join(", ")}`}`;
}

const valueAt = (content: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], content);
