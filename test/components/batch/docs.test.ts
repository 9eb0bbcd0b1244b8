import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { fields } from "../../../batch/spec/fields";
import { nothingYet } from "../../../components/batch/outputs";

const root = join(__dirname, "../../..");
const page = readFileSync(join(root, "docs/batch-job.md"), "utf8");
const args = readFileSync(join(root, "components/batch/args.ts"), "utf8");

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | false;
  readonly default?: unknown;
}

/** What the schema says of the default: JSON, "must be given", or nothing when the parameter may be left out. */
type Default = string | undefined;

function parametersOf(schema: Schema, path = ""): [name: string, value: Default][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => {
    const name = `${path}${key}`;
    const value =
      child.default !== undefined ? JSON.stringify(child.default) : schema.required?.includes(key) ? "must be given" : undefined;
    const further = child.additionalProperties || {};
    return [
      [name, value],
      ...parametersOf(child, `${name}.`),
      ...parametersOf(child.items ?? {}, `${name}[].`),
      ...parametersOf(further, `${name}.<name>.`),
    ] as [string, Default][];
  });
}

const schema = new Map(parametersOf(z.toJSONSchema(fields, { io: "input", unrepresentable: "any" }) as Schema));

/** Rows of the tables between two marks, by their first cell. */
function rows(begin: string, end: string): Map<string, string[]> {
  const part = page.slice(page.indexOf(begin), page.indexOf(end));
  const lines = part.split("\n").filter((line) => line.startsWith("| `"));
  const cells = lines.map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
  return new Map(cells.map(([name = "", ...rest]) => [name.replaceAll("`", ""), rest]));
}

describe("docs/batch-job.md", () => {
  const documented = rows("<!-- parameters", "<!-- end of parameters");

  test("has exactly the parameters of the schema, and the resource's own", () => {
    expect([...documented.keys()].sort()).toEqual(["kubeconfig", ...schema.keys()].sort());
  });

  test.each([...schema])("tells the default of %s", (name, value) => {
    const [, shown = ""] = documented.get(name) ?? [];
    if (value === "must be given") expect(shown).toBe("**must be given**");
    else if (value !== undefined) expect(shown).toBe(`\`${value}\``);
    else expect(shown).not.toMatch(/^(\*\*.*|)$/);
  });

  test("has exactly the outputs", () => {
    const outputs = rows("<!-- outputs", "<!-- end of outputs");
    expect([...outputs.keys()].sort()).toEqual([...Object.keys(nothingYet), "resultsPrefix"].sort());
  });
});

describe("components/batch/args.ts", () => {
  const body = args.slice(args.indexOf("export interface BatchJobArgs {"));
  const documented = new Map(
    [...body.matchAll(/\/\*\* ([^]*?) \*\/\n {2}readonly (\w+)(\??):/g)].map(([, text = "", name = "", optional]) => [
      name,
      { text, optional: optional === "?" },
    ]),
  );

  test("has exactly the parameters of the schema, and the resource's own", () => {
    const names = [...schema.keys()].filter((name) => !/[.[]/.test(name));
    expect([...documented.keys()].sort()).toEqual(["kubeconfig", ...names].sort());
  });

  test.each([...documented])("tells the default of %s", (name, { text, optional }) => {
    const value = name === "name" ? undefined : schema.get(name);
    const [, shown] = /@default (.*)$/.exec(text) ?? [];
    if (!optional) expect([shown, value ?? "must be given"]).toEqual([undefined, "must be given"]);
    else if (value === undefined || /^[[{]/.test(value)) expect(shown).toBeDefined();
    else expect(shown?.replaceAll("`", "")).toMatch(value.replaceAll('"', ""));
  });
});
