// Writes KEDA's CustomResourceDefinitions into components/keda/crds.json: those of the module that local/tools/go/keda pins, patched as KEDA's own
// releases are. To be run when the version changes. Needs Go.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parse, parseAllDocuments } from "yaml";
import { type Definition, type Json, moduleOf, writeDefinitions } from "./crds";

/** An operation of a JSON patch, of the two kinds that are used. */
interface Operation {
  readonly op: "add" | "remove";
  readonly path: string;
  readonly value?: Json;
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
  const { folder, version } = moduleOf("github.com/kedacore/keda/v2", "local/tools/go/keda");
  const crd = join(folder, "config", "crd");
  const definitions = readdirSync(join(crd, "bases")).map((file) => {
    const definition = parse(readFileSync(join(crd, "bases", file), "utf8")) as Definition;
    for (const operation of patchOf(join(crd, "patches"), file.replace(/^.*_|s\.yaml$/g, ""))) apply(definition, operation);
    return definition;
  });
  writeDefinitions("keda", version, definitions);
}

main();
