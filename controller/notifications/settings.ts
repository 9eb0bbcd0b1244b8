/** The controller's file of notifications, which comes from a Secret: no message shows what is in it. */
import { readFileSync } from "node:fs";
import type * as z from "zod";
import { ConfigError } from "../../common/config-error";
import { nearest } from "../../common/nearest";
import { notificationSettings, type NotificationSettings } from "../../common/notification-settings";
import { propertiesAt } from "../../common/schema-at";

/** Reads the settings (JSON). @throws {ConfigError} that names every fault */
export function readNotifications(file: string): NotificationSettings {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    // What JSON.parse() says shows a part of the file.
    throw new ConfigError(
      `${file} ${error instanceof SyntaxError ? "is not JSON" : `cannot be read: ${(error as { code?: string }).code}`}`,
    );
  }
  const result = notificationSettings.safeParse(content);
  if (result.success) return result.data;
  throw new ConfigError(`${file} is not valid:\n  ${result.error.issues.flatMap((issue) => describe(issue, content)).join("\n  ")}`);
}

function describe(issue: z.core.$ZodIssue, content: unknown): string[] {
  const property = (path: readonly PropertyKey[]) =>
    path.map((key, i) => (typeof key === "number" ? `[${key}]` : `${i > 0 ? "." : ""}${String(key)}`)).join("") || "the file";
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => `${property([...issue.path, key])} ${unknown(issue.path, key)}`);
  const missing = issue.code === "invalid_type" && valueAt(content, issue.path) === undefined;
  return [
    `${property(issue.path)} ${missing ? "must be given" : issue.message.replace(/^Invalid input: expected (\w+).*/, "must be a JSON $1")}`,
  ];
}

function unknown(path: readonly PropertyKey[], key: string): string {
  const known = propertiesAt(notificationSettings, path);
  const guess = nearest(key, known);
  return `is not known; ${guess ? `did you mean ${guess}?` : `there are ${known.join(", ")}`}`;
}

const valueAt = (content: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], content);
