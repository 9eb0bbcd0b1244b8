import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { nothingYet } from "../../../components/batch/outputs";
import { parameters } from "../../../scripts/docs/parameters";

const root = join(__dirname, "../../..");
const page = readFileSync(join(root, "docs/batch-job.md"), "utf8");

const described = parameters();

/** What the schema says of the default of each parameter: JSON, "must be given", or nothing when it may be left out. */
const schema = new Map(
  [...described].map(([name, { schema, required }]) => [
    name,
    schema.default !== undefined ? JSON.stringify(schema.default) : required ? "must be given" : undefined,
  ]),
);

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

describe("BatchJobArgs", () => {
  /** What an editor shows of each argument. */
  const shown = new Map<string, { text: string; tags: readonly string[]; optional: boolean }>();

  beforeAll(() => {
    const file = join(root, "components/batch/args.ts");
    const options = { strict: true, skipLibCheck: true, moduleResolution: ts.ModuleResolutionKind.Bundler, module: ts.ModuleKind.ESNext };
    const program = ts.createProgram([file], { ...options, types: ["node"], lib: ["lib.es2023.d.ts"], resolveJsonModule: true });
    const checker = program.getTypeChecker();
    const declaration = program.getSourceFile(file)!.statements.find((statement) => ts.isInterfaceDeclaration(statement))!;
    for (const symbol of checker.getTypeAtLocation(declaration).getProperties()) {
      const text = ts.displayPartsToString(symbol.getDocumentationComment(checker));
      const tags = symbol.getJsDocTags(checker).map(({ text }) => ts.displayPartsToString(text));
      shown.set(symbol.name, { text, tags, optional: (symbol.flags & ts.SymbolFlags.Optional) !== 0 });
    }
  }, 60_000);

  const names = [...schema.keys()].filter((name) => !/[.[]/.test(name));

  test("has exactly the parameters of the schema, and the resource's own", () => {
    expect([...shown.keys()].sort()).toEqual(["kubeconfig", ...names].sort());
  });

  test.each(names)("has %s with its comment and default", (name) => {
    const { text = "", tags, optional } = shown.get(name) ?? {};
    expect(text).toMatch(/^\S.{8}/);
    const value = name === "name" ? undefined : schema.get(name);
    expect(optional).toBe(value !== "must be given");
    if (!optional) expect(tags).toEqual([]);
    else if (value === undefined) expect(tags).toEqual([expect.stringMatching(/./)]);
    else expect(tags).toEqual([/^[[{]/.test(value) ? "none" : `\`${value.replaceAll('"', "")}\``]);
  });
});
