// Writes KEDA's CustomResourceDefinitions into components/keda/crds.json: those of the module that local/tools/go/keda pins, patched as KEDA's own
// releases are, without the descriptions, which are three quarters of them; a definition a line. To be run when the version changes. Needs Go.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";

type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
interface Definition {
  readonly metadata: { readonly name: string };
  readonly spec: Json;
}

/** An operation of a JSON patch, of the two kinds that are used. */
interface Operation {
  readonly op: "add" | "remove";
  readonly path: string;
  readonly value?: Json;
}

const root = join(__dirname, "..");
const module = "github.com/kedacore/keda/v2";
const tools = join(root, "local", "tools", "go", "keda");

function moduleOf(): { folder: string; version: string } {
  const version = new RegExp(`${module} (v\\S+)`).exec(readFileSync(join(tools, "go.mod"), "utf8"))?.[1] ?? "";
  const printed = execFileSync("go", ["mod", "download", "-json", `${module}@${version}`], { cwd: tools, encoding: "utf8" });
  return { folder: (JSON.parse(printed) as { Dir: string }).Dir, version };
}

/** A description is a text; a property of that name would be a schema. */
function withoutDescriptions(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutDescriptions);
  if (typeof value !== "object" || value === null) return value;
  const kept = Object.entries(value).filter(([key, inner]) => key !== "description" || typeof inner !== "string");
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutDescriptions(inner)]));
}

function apply(definition: Definition, { op, path, value }: Operation): void {
  const steps = path.split("/").slice(1);
  const last = steps.pop()!;
  const parent = steps.reduce<Json>(
    (inner, step) => {
      const next = (inner as Record<string, Json> | undefined)?.[step];
      if (next === undefined) throw new Error(`${definition.metadata.name} has no ${path}`);
      return next;
    },
    definition as unknown as Json,
  );
  if (Array.isArray(parent)) parent.push(value!);
  else if (op === "add") (parent as Record<string, Json>)[last] = value!;
  else delete (parent as Record<string, Json>)[last];
}

/** The operations on the definition of a resource, e.g. `scaledjob`. */
function patchOf(folder: string, resource: string): Operation[] {
  const file = readdirSync(folder).find((name) => name === `${resource}_patch.yaml`);
  return file === undefined
    ? []
    : parseAllDocuments(readFileSync(join(folder, file), "utf8")).flatMap((document) => document.toJS() as Operation[]);
}

function main(): void {
  const { folder, version } = moduleOf();
  const crd = join(folder, "config", "crd");
  const definitions = readdirSync(join(crd, "bases")).map((file) => {
    const definition = parse(readFileSync(join(crd, "bases", file), "utf8")) as Definition;
    for (const operation of patchOf(join(crd, "patches"), file.replace(/^.*_|s\.yaml$/g, ""))) apply(definition, operation);
    return { name: definition.metadata.name, spec: withoutDescriptions(definition.spec) };
  });
  const lines = definitions.map((definition) => JSON.stringify(definition)).join(",\n");
  writeFileSync(join(root, "components", "keda", "crds.json"), `{"version":"${version.slice(1)}","definitions":[\n${lines}\n]}\n`);
}

main();
