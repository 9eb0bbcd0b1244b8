import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requireMaven } from "../../../local/java/maven";
import { createProgress } from "../../../local/lib/progress";

describe("Maven", () => {
  let folder: string;
  let project: string;
  const saved = { ...process.env };
  const progress = createProgress(() => undefined);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "maven-test-"));
    project = join(folder, "worker");
    mkdirSync(join(project, "src", "main"), { recursive: true });
    mkdirSync(join(project, "src", "test"), { recursive: true });
    writeFileSync(join(project, "pom.xml"), "<project/>");
    writeFileSync(join(project, "src", "main", "A.java"), "class A {}");
    process.env.PATH = `${folder}:${saved.PATH}`;
    process.env.MKS_BATCH_CACHE = join(folder, "cache"); // read when the module is loaded
    jest.resetModules();
  });
  afterEach(() => {
    process.env = { ...saved };
    rmSync(folder, { recursive: true });
  });

  /** A Maven that notes how it is called, and does this. */
  function program(name: string, body: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\necho "$@" >> ${folder}/calls\n${body}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  const calls = (): string[] => readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
  const programs = () => import("../../../local/java/programs");

  test("what is missing is said with the packages that have it", () => {
    expect(() => requireMaven(() => undefined)).toThrow(
      "has no mvn and no javac. Install them, on Debian with: sudo apt-get install --no-install-recommends maven openjdk-17-jdk-headless",
    );
    expect(() => requireMaven((name) => (name === "mvn" ? "/usr/bin/mvn" : undefined))).toThrow(
      /has no javac\. .* openjdk-17-jdk-headless$/,
    );
  });

  test("a program is built once, into the cache, and nothing into the project", async () => {
    program("mvn", "mkdir -p target/app/lib && cp src/main/A.java target/app/app.jar");
    program("javac", "");
    const { ensureProgram } = await programs();
    const built = await ensureProgram(project, progress);
    expect(await ensureProgram(project, progress)).toBe(built);
    expect(readdirSync(built).sort()).toEqual(["app.jar", "lib"]);
    expect(readdirSync(project).sort()).toEqual(["pom.xml", "src"]);
    expect(calls()).toHaveLength(1);
    expect(calls()[0]).toContain(`-Dmaven.repo.local=${join(folder, "cache", "java", "repository")} package -Dmaven.test.skip=true`);
  });

  test("other sources are another program, built offline; other tests are not; another pom asks the registry again", async () => {
    program("mvn", "mkdir -p target/app");
    program("javac", "");
    const { ensureProgram } = await programs();
    const first = await ensureProgram(project, progress);
    writeFileSync(join(project, "src", "test", "ATest.java"), "class ATest {}");
    expect(await ensureProgram(project, progress)).toBe(first);
    writeFileSync(join(project, "src", "main", "A.java"), "class A { int a; }");
    expect(await ensureProgram(project, progress)).not.toBe(first);
    writeFileSync(join(project, "pom.xml"), "<project></project>");
    await ensureProgram(project, progress);
    expect(calls().map((call) => call.includes("--offline"))).toEqual([false, true, false]);
  });

  test("tests that passed are run again only after a change; those that failed are run again", async () => {
    program("mvn", "mkdir -p target/app && ! grep -r fail src");
    program("javac", "");
    const { testProgram } = await programs();
    const file = join(project, "src", "test", "ATest.java");
    await testProgram(project, progress);
    await testProgram(project, progress);
    writeFileSync(file, "class ATest { fail }");
    await expect(testProgram(project, progress)).rejects.toThrow(/^Maven cannot build/);
    await expect(testProgram(project, progress)).rejects.toThrow(/^Maven cannot build/);
    writeFileSync(file, "class ATest {}");
    await testProgram(project, progress);
    expect(calls().map((call) => / verify\b/.test(call))).toEqual([true, true, true, true]);
  });

  test("a failure is told by Maven's errors alone, and leaves no program", async () => {
    program("mvn", "echo '[INFO] Scanning'; echo '[ERROR] A.java:[1,9] expected'; exit 1");
    program("javac", "");
    const { ensureProgram, programFolder } = await programs();
    await expect(ensureProgram(project, progress)).rejects.toThrow(
      /^Maven cannot build \S+ \(mvn package [^)]*\):\n\[ERROR\] A\.java:\[1,9\] expected$/,
    );
    expect(existsSync(programFolder(project))).toBe(false);
  });
});
