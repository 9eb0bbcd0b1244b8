// What the scripts share that write CustomResourceDefinitions into components/.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: Json;
}

const root = join(__dirname, "..");

/** The version of a Go module that a go.mod of this project requires. @param folder of that go.mod, from the project's root */
export const versionOf = (module: string, folder: string): string =>
  new RegExp(`${module} (v\\S+)`).exec(readFileSync(join(root, folder, "go.mod"), "utf8"))?.[1] ?? "";

/** The folder of a Go module, and its version as {@link versionOf} tells it. Needs Go. */
export function moduleOf(module: string, folder: string): { folder: string; version: string } {
  const cwd = join(root, folder);
  const version = versionOf(module, folder);
  const printed = execFileSync("go", ["mod", "download", "-json", `${module}@${version}`], { cwd, encoding: "utf8" });
  return { folder: (JSON.parse(printed) as { Dir: string }).Dir, version };
}

/** A description is a text; a property of that name would be a schema. */
function withoutDescriptions(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutDescriptions);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key, inner]) => key !== "description" || typeof inner !== "string");
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutDescriptions(inner)]));
}

/** Writes the definitions of a component, one a line, without the descriptions, which are three quarters of them. */
export function writeDefinitions(component: string, version: string, definitions: readonly Definition[]): void {
  const lines = definitions.map(({ metadata: { name }, spec }) => JSON.stringify({ name, spec: withoutDescriptions(spec) })).join(",\n");
  const text = `{"version":"${version.slice(1)}","definitions":[\n${lines}\n]}\n`;
  writeFileSync(join(root, "components", component, "crds.json"), text);
}
