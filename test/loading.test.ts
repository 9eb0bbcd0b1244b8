import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(__dirname, "..");

/** Runs a script in a process of its own, as Pulumi does, and answers what it prints as JSON. */
const run = (script: string, cwd: string, options: { timeout?: number } = {}): unknown =>
  JSON.parse(execFileSync(process.execPath, ["-e", script], { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], ...options }));

/** A package with load.cjs and what it needs, without a lock file, as npm installs one. @param folders of sources */
function createPackage(...folders: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "loading-"));
  for (const path of [
    "batch",
    "common",
    "components/batch",
    "components/karpenter",
    "components/keda",
    "components/metrics",
    "kubernetes",
    "node_modules",
    "service",
    "simulator",
    "stacks",
    ...folders,
  ])
    mkdirSync(join(folder, path), { recursive: true });
  symlinkSync(join(root, "node_modules", "esbuild"), join(folder, "node_modules", "esbuild"));
  copyFileSync(join(root, "load.cjs"), join(folder, "load.cjs"));
  writeFileSync(join(folder, "package.json"), '{"dependencies": {}}');
  writeFileSync(join(folder, "components/karpenter/dynamic.ts"), "export {};\n");
  writeFileSync(join(folder, "components/keda/dynamic.ts"), 'export const of = "keda";\n');
  writeFileSync(join(folder, "components/metrics/providers.ts"), "export {};\n");
  return folder;
}

describe("load.cjs", () => {
  let folder: string;

  beforeEach(() => {
    folder = createPackage();
    writeFileSync(join(folder, "package-lock.json"), "{}");
    writeFileSync(join(folder, "index.ts"), 'import { value } from "./stacks/value";\nmodule.exports = () => value;\n');
    writeFileSync(join(folder, "stacks/value.ts"), "export const value: number = 1;\n");
    writeFileSync(join(folder, "components/batch/provider.ts"), "export class Provider {}\nexport const name = Provider.name;\n");
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("refuses an import from a folder whose changes it would not notice", () => {
    mkdirSync(join(folder, "elsewhere"));
    writeFileSync(join(folder, "elsewhere/value.ts"), "export const value = 1;\n");
    writeFileSync(join(folder, "stacks/value.ts"), 'export { value } from "../elsewhere/value";\n');
    expect(() => run('require("./load.cjs")("index.ts")', folder)).toThrow("sources of 'program' lack the folders of elsewhere/value.ts");
  });

  const bundles = () => readdirSync(join(folder, "node_modules", ".cache", "ovh-mks-batch"));
  const program = () => run('console.log(JSON.stringify(require("./load.cjs")("index.ts")()))', folder);

  test("loads the program and the provider, names kept, and bundles them once", () => {
    expect(program()).toBe(1);
    const [first] = bundles();
    expect(run('console.log(JSON.stringify(require("./load.cjs")("components/batch/provider.ts").name))', folder)).toBe("Provider");
    expect(bundles()).toEqual([first]);
  });

  test("entries of one name in two folders are not mixed up", () => {
    writeFileSync(join(folder, "components/karpenter/dynamic.ts"), 'export const of = "karpenter";\n');
    const both = ["keda", "karpenter"].map((name) => `require("./load.cjs")("components/${name}/dynamic.ts").of`);
    expect(run(`console.log(JSON.stringify([${both.join(", ")}]))`, folder)).toEqual(["keda", "karpenter"]);
  });

  test("a changed source is loaded anew, and the old bundle goes", () => {
    expect(program()).toBe(1);
    writeFileSync(join(folder, "stacks/value.ts"), "export const value: number = 22;\n");
    expect(program()).toBe(22);
    expect(bundles()).toHaveLength(1);
  });

  /** Whether V8 took the code that is kept beside the bundle. */
  const takesCode = () =>
    run(
      `const vm = require("node:vm");
      const taken = [];
      vm.Script = class extends vm.Script { constructor(...all) { super(...all); taken.push(this.cachedDataRejected === false); } };
      const value = require("./load.cjs")("index.ts")();
      console.log(JSON.stringify({ value, taken }));`,
      folder,
    );

  test("V8's code is kept beside the bundle, and taken; what is no such code does no harm", () => {
    expect(program()).toBe(1);
    expect(takesCode()).toEqual({ value: 1, taken: [true] });
    const bundle = join(folder, "node_modules", ".cache", "ovh-mks-batch", bundles()[0]!);
    writeFileSync(join(bundle, "index.cjs.code"), "something else");
    expect(takesCode()).toEqual({ value: 1, taken: [false] });
    rmSync(join(bundle, "index.cjs.code"));
    expect(program()).toBe(1);
  });

  test("an error's place is that in the bundle", () => {
    writeFileSync(join(folder, "index.ts"), "export = () => {\n  throw new Error();\n};\n");
    const script = `try { require("./load.cjs")("index.ts")(); } catch (error) { console.log(JSON.stringify(error.stack)); }`;
    const [, file, line, column] = /\((?:.*\/)?(\S+index\.cjs):(\d+):(\d+)\)|at (\S+index\.cjs):(\d+):(\d+)/
      .exec(run(script, folder) as string)!
      .filter(Boolean);
    const text = readFileSync(join(folder, "node_modules", ".cache", "ovh-mks-batch", bundles()[0]!, "index.cjs"), "utf8");
    expect(file).toContain("index.cjs");
    expect(text.split("\n")[Number(line) - 1]!.slice(Number(column) - 1)).toMatch(/^(new Error|throw)/);
  });

  test("a fault in a source is told with its place, and leaves no bundle", () => {
    writeFileSync(join(folder, "stacks/value.ts"), "export const value: = 1;\n");
    expect(program).toThrow(/stacks\/value\.ts:1:20/);
    expect(bundles()).toEqual([]);
  });
});

describe("load.cjs, of the command line", () => {
  let folder: string;

  beforeEach(() => {
    folder = createPackage("autoscaler", "cli", "report");
    writeFileSync(join(folder, "index.ts"), "module.exports = () => 1;\n");
    writeFileSync(join(folder, "components/batch/provider.ts"), "export const name = 'provider';\n");
    writeFileSync(join(folder, "cli/main.ts"), "export const name: string = 'cli';\n");
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const bundles = () => readdirSync(join(folder, "node_modules", ".cache", "ovh-mks-batch")).sort();
  const cli = (before = "") => run(`${before}; console.log(JSON.stringify(require("./load.cjs")("cli/main.ts").name))`, folder);
  const program = () => run('console.log(JSON.stringify(require("./load.cjs")("index.ts")()))', folder);

  test("has a bundle of its own: a change of the one costs the other nothing", () => {
    expect([cli(), program()]).toEqual(["cli", 1]);
    const before = bundles();
    expect(before).toEqual([expect.stringMatching(/^cli-/), expect.stringMatching(/^program-/)]);
    writeFileSync(join(folder, "cli/main.ts"), "export const name: string = 'new cli';\n");
    expect([cli(), program()]).toEqual(["new cli", 1]);
    const after = bundles();
    expect(after).toHaveLength(2);
    expect(after[1]).toBe(before[1]);
    expect(after[0]).not.toBe(before[0]);
  });

  test("starts where nothing may be written, e.g. installed by root", () => {
    const readOnly = 'require("node:fs").mkdirSync = () => { throw Object.assign(new Error("read-only"), { code: "EROFS" }); }';
    expect(cli(readOnly)).toBe("cli");
    expect(readdirSync(join(folder, "node_modules"))).toEqual(["esbuild"]);
  });
});

describe("main.cjs", () => {
  const inProgram = (script: string) => run(`require("./main.cjs"); const pulumi = require("@pulumi/pulumi"); ${script}`, root);

  test("the engine finds the dynamic providers of each folder of components", () => {
    const folders = readdirSync(join(root, "components")).filter((name) => existsSync(join(root, "components", name, "load.cjs")));
    const names = folders.map((name) => `[${JSON.stringify(name)}, Object.keys(require("./components/${name}/load.cjs"))]`);
    expect(run(`console.log(JSON.stringify(Object.fromEntries([${names.join(", ")}])))`, root)).toMatchObject({
      karpenter: ["cleanUp"],
      keda: ["presence", "scaledResources"],
      metrics: ["certificate", "metricsApi"],
    });
  });

  test("exports the program, and does without the modules that only closures and the automation API need", () => {
    const script = `
      const heavy = Object.keys(require.cache).filter((file) => /node_modules\\/(typescript|@npmcli\\/arborist|execa)\\//.test(file));
      console.log(JSON.stringify({ program: typeof require("./main.cjs"), heavy }));`;
    expect(inProgram(script)).toEqual({ program: "function", heavy: [] });
  });

  test("those modules come when they are asked for", () => {
    const script = `
      pulumi.runtime.serializeFunction(() => 42).then(({ text }) => {
        console.log(JSON.stringify({ text: text.includes("42"), automation: typeof pulumi.automation.LocalWorkspace.createStack }));
      });`;
    expect(inProgram(script)).toEqual({ text: true, automation: "function" });
  });

  test("errors keep their stack traces, and the SDK's notes cost nothing", () => {
    const script = `
      require("source-map-support").install();
      require("./main.cjs");
      const frames = (error) => error.stack.split("\\n").length - 1;
      console.log(JSON.stringify([frames(new Error("boom")) > 0, frames(new Error())]));`;
    expect(run(script, root)).toEqual([true, 0]);
  });

  test("what the program throws is told at once, although the SDK's source maps name a file where Node expects a package", () => {
    const script = `
      require("source-map-support").install();
      require("./main.cjs");
      const { inspect } = require("node:util");
      const { RunError, runtime } = require("@pulumi/pulumi");
      runtime.setMocks({ call: () => ({}), newResource: ({ name }) => ({ id: name, state: {} }) });
      const program = async () => {
        await undefined;
        throw new RunError("no such flavor");
      };
      // As Pulumi does.
      process.once("unhandledRejection", (error) => {
        console.log(JSON.stringify(inspect(error, { colors: true })));
        process.exit();
      });
      void runtime.runInPulumiStack(program);`;
    expect(run(script, root, { timeout: 20_000 })).toMatch(/no such flavor[\s\S]*resource\.ts/);
  });
});
