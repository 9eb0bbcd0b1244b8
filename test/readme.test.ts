import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as ts from "typescript";

const root = join(__dirname, "..");

/** What the examples take for granted: a stack's cluster and bucket. */
const surroundings = `import type { MksCluster } from "./components/cluster";
import type { ObjectStorage } from "./components/storage";
declare const cluster: MksCluster;
declare const storage: ObjectStorage;
`;

it.each([
  ["README.md", "new BatchJob"],
  ["docs/metrics.md", "new AutoscaledService"],
])(
  "the first example of %s is a program that compiles: %s",
  (page, what) => {
    const example = /```ts\n([\s\S]*?)```/.exec(readFileSync(join(root, page), "utf8"))?.[1];
    expect(example).toContain(what);
    const file = join(root, "example.ts");
    const { config } = ts.readConfigFile(join(root, "tsconfig.json"), (path) => ts.sys.readFile(path)) as { config: object };
    const { options } = ts.parseJsonConfigFileContent(config, { ...ts.sys, readDirectory: () => [] }, root);
    const host = ts.createCompilerHost(options);
    const real = { ...host };
    host.fileExists = (path) => path === file || real.fileExists(path);
    host.getSourceFile = (path, ...rest) =>
      path === file ? ts.createSourceFile(path, surroundings + example, rest[0]) : real.getSourceFile(path, ...rest);
    const program = ts.createProgram([file], { ...options, incremental: false, tsBuildInfoFile: undefined }, host);
    const faults = ts.getPreEmitDiagnostics(program, program.getSourceFile(file));
    expect(faults.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
  },
  180_000,
);
