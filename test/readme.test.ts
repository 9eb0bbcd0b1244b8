import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const root = join(__dirname, "..");

/** What the examples take for granted: a stack's cluster and bucket. */
const surroundings = `import type { MksCluster } from "./components/cluster";
import type { ObjectStorage } from "./components/storage";
declare const cluster: MksCluster;
declare const storage: ObjectStorage;
`;

const examples = [
  ["README.md", "new BatchJob"],
  ["docs/metrics.md", "new AutoscaledService"],
] as const;

/** Compiles the first example of each page as if it lay beside index.ts. Returns what is wrong, a line for each fault. */
function compile(): string[] {
  mkdirSync(join(root, ".local"), { recursive: true });
  const folder = mkdtempSync(join(root, ".local", "examples-"));
  try {
    const files = examples.map(([page]) => `${basename(page, ".md")}.ts`);
    examples.forEach(([page], i) => writeFileSync(join(folder, files[i]!), `${surroundings}${exampleOf(page)}export {};\n`));
    const compilerOptions = { rootDirs: [".", "../.."], incremental: false, tsBuildInfoFile: null };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ extends: "../../tsconfig.json", compilerOptions, files, include: [] }));
    const tsc = join(root, "node_modules", "typescript-native", "bin", "tsc");
    const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, "--pretty", "false", "-p", folder], {
      cwd: folder,
      encoding: "utf8",
    });
    const faults = `${stdout}${stderr}`.split("\n").filter(Boolean);
    return status === 0 || faults.length > 0 ? faults : [`tsc ended with ${status}`];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const exampleOf = (page: string): string => /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, page), "utf8"))?.[1] ?? "";

let faults: string[];
beforeAll(() => void (faults = compile()));

test.each(examples)("the first example of %s is a program that compiles: %s", (page, what) => {
  expect(exampleOf(page)).toContain(what);
  const file = `${basename(page, ".md")}.ts`;
  expect(faults.filter((fault) => fault.startsWith(file))).toEqual([]);
});

test("the compiler finds nothing else", () => {
  expect(faults).toEqual([]);
});
