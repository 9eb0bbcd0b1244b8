/** The package as a project of one's own depends on it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(__dirname, "..");
const page = readFileSync(join(root, "docs", "batch-job.md"), "utf8");

/** A Pulumi program, run with Pulumi's mocks: what became of the Job, and whether the engine could load its provider from there. */
const program = (batch: string): string => `require("tsx/cjs");
  const pulumi = require("@pulumi/pulumi");
  pulumi.runtime.setMocks({ newResource: ({ name, inputs }) => ({ id: name, state: inputs }), call: ({ inputs }) => inputs });
  const { BatchJob } = require(${JSON.stringify(batch)});
  const store = { endpoint: "https://s3.example.com", region: "gra", bucket: "b", accessKeyId: "k", secretAccessKey: "s" };
  const job = new BatchJob("sweep", { kubeconfig: "k", store, image: "debian:trixie-slim", command: ["true"], tasks: [{}] });
  job.__provider.apply((text) => { eval(text); console.log(typeof exports.handler().create); });`;

describe("a project outside the checkout", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "project-"));
    const modules = join(folder, "node_modules");
    mkdirSync(modules);
    for (const name of readdirSync(join(root, "node_modules")))
      if (!name.startsWith(".")) symlinkSync(join(root, "node_modules", name), join(modules, name));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const run = (batch: string): string => {
    writeFileSync(join(folder, "index.cjs"), program(batch).replace("job.__provider.apply", "pulumi.output(job.__provider).apply"));
    return execFileSync(process.execPath, ["index.cjs"], { cwd: folder, encoding: "utf8", stdio: "pipe" });
  };

  it("uses the packed tarball, as docs/batch-job.md says", () => {
    const [packed] = JSON.parse(
      execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: root, encoding: "utf8" }),
    ) as [{ filename: string }];
    const installed = join(folder, "node_modules", "ovh-mks-batch");
    mkdirSync(installed);
    execFileSync("tar", ["-xzf", join(folder, packed.filename), "--strip-components=1", "-C", installed]);
    const [, imported = ""] = /from "(ovh-mks-batch\/[^"]+)"/.exec(page) ?? [];
    expect(run(imported)).toBe("function\n");
  }, 300_000);

  it("that does not depend on the package is told the way", () => {
    expect(() => run(join(root, "components", "batch", "index.ts"))).toThrow(
      /does not depend on it; install it there by path, Git or tarball/,
    );
  }, 300_000);
});
