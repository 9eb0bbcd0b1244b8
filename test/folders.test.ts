import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

const root = join(__dirname, "..");
const rooms = [
  "autoscaler",
  "batch",
  "bench",
  "cli",
  "common",
  "components",
  "controller",
  "kubernetes",
  "local",
  "report",
  "scripts",
  "service",
  "simulator",
  "stacks",
];
const files = rooms.flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(room, file)),
);
const known = new Set(files);

/** The files of the rooms that a file imports, types included. */
function importsOf(file: string): string[] {
  const specifiers = readFileSync(join(root, file), "utf8").matchAll(/(?:\bfrom|\bimport\()\s*"(\.[^"]*)"/g);
  return [...specifiers].flatMap(([, specifier]) => {
    const path = normalize(join(dirname(file), specifier!));
    return [`${path}.ts`, join(path, "index.ts")].filter((candidate) => known.has(candidate));
  });
}

/** The first cycle of a graph, as its nodes in order. */
function cycleIn(graph: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    done.add(node);
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...path, node]);
      if (cycle) return cycle;
    }
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle) return cycle;
  }
  return undefined;
}

const byFile = new Map(files.map((file) => [file, new Set(importsOf(file))]));

function byFolder(): Map<string, Set<string>> {
  const graph = new Map<string, Set<string>>();
  for (const [file, imported] of byFile) {
    const folder = dirname(file);
    const others = graph.get(folder) ?? new Set();
    graph.set(folder, others);
    for (const other of imported) if (dirname(other) !== folder) others.add(dirname(other));
  }
  return graph;
}

it("finds a cycle", () => {
  const graph = new Map([
    ["a", new Set(["b"])],
    ["b", new Set(["c"])],
    ["c", new Set(["b"])],
  ]);
  expect(cycleIn(graph)).toEqual(["b", "c", "b"]);
  expect(byFile.get("cli/main.ts")).toContain("cli/program.ts");
});

it("no files import each other, not even types", () => {
  expect(cycleIn(byFile)).toBeUndefined();
});

it("no folders import each other, not even by way of others", () => {
  expect(cycleIn(byFolder())).toBeUndefined();
});
