import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createProgress } from "../../../local/lib/progress";
import type * as Tools from "../../../local/tools";

describe("ensureTools", () => {
  const saved = { ...process.env };
  let folder: string;
  let lines: string[];
  let tools: typeof Tools;
  const progress = createProgress((line) => lines.push(line));

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "ensure-test-"));
    lines = [];
    mkdirSync(join(folder, "path"));
    process.env.MKS_BATCH_CACHE = join(folder, "cache"); // read when the module is loaded
    process.env.MKS_BATCH_DOWNLOADS = "off";
    // The real Go is out of reach; node, sh and flock are not.
    process.env.PATH = [join(folder, "path"), dirname(process.execPath), "/usr/bin", "/bin"].join(":");
    jest.resetModules();
    tools = await import("../../../local/tools");
  });
  afterEach(() => {
    process.env = { ...saved };
    rmSync(folder, { recursive: true });
  });

  const program = (file: string, script: string) => writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const onPath = (name: string, script: string) => program(join(folder, "path", name), script);

  /** A Go whose builds are shell scripts that report `version`. */
  const fakeGo = (version: string) =>
    onPath(
      "go",
      `echo "$PWD $*" >> ${folder}/go-calls
       echo "$1 for '$GOOS/$GOARCH'" >> ${folder}/go-targets
       case "$1" in
         list) echo one; echo two;;
         build) while [ "$1" != -o ]; do shift; done
           printf '#!/bin/sh\\necho Version: v${version}\\n' > "$2/versitygw"; chmod +x "$2/versitygw";;
       esac`,
    );
  const goCalls = () => (existsSync(join(folder, "go-calls")) ? readFileSync(join(folder, "go-calls"), "utf8").trim().split("\n") : []);
  const goTargets = () => readFileSync(join(folder, "go-targets"), "utf8").trim().split("\n");
  const cache = () => readdirSync(join(folder, "cache", "tools")).filter((name) => !name.endsWith(".lock"));

  test("takes a tool of the right version from PATH, and says nothing", async () => {
    onPath("versitygw", "echo Version: v1.8.7");
    expect(await tools.locateTools(progress, ["versitygw"])).toEqual([
      { name: "versitygw", path: join(folder, "path", "versitygw"), origin: "PATH" },
    ]);
    expect(lines).toEqual([]);
  });

  test.each([
    ["is too old", "echo Version: v1.7.9"],
    ["reports no version", "echo hello"],
    ["fails", "exit 1"],
  ])("builds a tool when the one on PATH %s, and finds it in the cache from then on", async (_what, script) => {
    onPath("versitygw", script);
    fakeGo("1.8.0");
    const [built] = await tools.locateTools(progress, ["versitygw"]);
    expect(built).toMatchObject({ origin: "built", path: join(folder, "cache", "tools", cache()[0]!, "bin", "versitygw") });
    expect(goCalls()[1]).toMatch(
      /local\/tools\/go\/versitygw build -mod=readonly -trimpath .*-X main.Version=v1.8.0 .*github.com\/versity\/versitygw\/cmd\/versitygw$/,
    );
    expect(lines).toContain("Building versitygw 1.8.0 …");
    lines = [];
    expect(await tools.locateTools(progress, ["versitygw"])).toEqual([{ ...built, origin: "cache" }]);
    expect(lines).toEqual([]);
    expect(goCalls()).toHaveLength(2);
  });

  test("builds what of Kubernetes runs all the time as one program, which has the name of each of its tools", async () => {
    onPath(
      "go",
      `case "$1" in
         list) echo one;;
         build) while [ "$1" != -o ]; do shift; done
           printf '#!/bin/sh\\necho v1.34.3 of \${0##*/}\\n' | tee "$2/kubernetes" > "$2/kubectl"; chmod +x "$2"/*
           shift 2; echo "$*" > ${folder}/go-packages;;
       esac`,
    );
    const found = await tools.locateTools(progress, ["kube-apiserver", "kubectl"]);
    expect(found.map(({ name, origin }) => [name, origin])).toEqual([
      ["kube-apiserver", "built"],
      ["kubectl", "built"],
    ]);
    const bin = join(folder, "cache", "tools", cache()[0]!, "bin");
    expect(readdirSync(bin).sort()).toEqual([
      "kube-apiserver",
      "kube-controller-manager",
      "kube-proxy",
      "kube-scheduler",
      "kubectl",
      "kubelet",
    ]);
    expect(new Set(readdirSync(bin).map((name) => statSync(join(bin, name)).ino)).size).toBe(2);
    expect(readFileSync(join(folder, "go-packages"), "utf8").trim()).toBe(". k8s.io/kubernetes/cmd/kubectl");
    expect(execFileSync(found[0]!.path, { encoding: "utf8" })).toBe("v1.34.3 of kube-apiserver\n");
  });

  test("tells which families are missing before it makes them", async () => {
    expect(await tools.missingFamilies(["versitygw", "kubectl", "etcd"])).toEqual(["versitygw", "kubernetes"]);
    onPath("versitygw", "echo Version: v1.8.0");
    expect(await tools.missingFamilies(["versitygw", "kubectl", "etcd"])).toEqual(["kubernetes"]);
  });

  test("builds for this machine, whatever the user's own builds are for", async () => {
    Object.assign(process.env, { GOOS: "plan9", GOARCH: "386" });
    fakeGo("1.8.0");
    await tools.ensureTools(progress, ["versitygw"]);
    expect(goTargets()).toEqual(["list for '/'", "build for '/'"]);
  });

  test("builds for another platform apart, whatever is on PATH, and without running it", async () => {
    onPath("versitygw", "echo Version: v1.8.0");
    fakeGo("of another machine");
    const platform = { os: "linux", arch: "riscv64" };
    const { versitygw } = await tools.ensureToolsFor(platform, progress, ["versitygw"]);
    expect(cache()).toEqual([expect.stringMatching(/^versitygw-1\.8\.0-[0-9a-f]{12}-linux-riscv64$/)]);
    expect(versitygw).toBe(join(folder, "cache", "tools", cache()[0]!, "bin", "versitygw"));
    expect(goTargets()).toEqual(["list for 'linux/riscv64'", "build for 'linux/riscv64'"]);
    expect(lines).toContain("Building versitygw 1.8.0 for linux/riscv64 …");
    expect(await tools.ensureToolsFor(platform, progress, ["versitygw"])).toEqual({ versitygw });
    expect(goTargets()).toHaveLength(2);
  });

  test("takes what this machine has where the platform is its own", async () => {
    onPath("versitygw", "echo Version: v1.8.7");
    const own = { os: process.platform, arch: process.arch === "x64" ? "amd64" : process.arch };
    expect(await tools.ensureToolsFor(own, progress, ["versitygw"])).toEqual({ versitygw: join(folder, "path", "versitygw") });
  });

  test("builds once when two ask at the same time", async () => {
    fakeGo("1.8.0");
    const [first, second] = await Promise.all([tools.ensureTools(progress, ["versitygw"]), tools.ensureTools(progress, ["versitygw"])]);
    expect(second).toEqual(first);
    expect(goCalls()).toHaveLength(2);
  });

  test("does not keep what reports another version, nor what a killed build has left", async () => {
    mkdirSync(join(folder, "cache", "tools", ".versitygw.99999", "bin"), { recursive: true });
    fakeGo("1.7.0");
    await expect(tools.ensureTools(progress, ["versitygw"])).rejects.toThrow(/does not run or has another version than 1\.8\.0/);
    fakeGo("1.8.0");
    await tools.ensureTools(progress, ["versitygw"]);
    expect(cache()).toEqual([expect.stringMatching(/^versitygw-1\.8\.0-[0-9a-f]{12}$/)]);
  });

  test("says what to install when there is no Go that can build", async () => {
    onPath("go", "echo 'go: go.mod requires go >= 1.25.0 (running go 1.19)' >&2; exit 1");
    await expect(tools.ensureTools(progress, ["versitygw"])).rejects.toThrow(
      /versitygw 1\.8\.0 is neither installed[^]*requires go >= 1\.25\.0[^]*Install Go 1\.26 or later from https:\/\/go\.dev\/dl\/[^]*version 1\.8\.0 of versitygw/,
    );
  });
});
