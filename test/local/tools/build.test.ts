import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildArguments, moduleFolder, sourcesOf, thrift } from "../../../local/tools/build";
import { toolsOf, type FamilyName } from "../../../local/tools/catalog";

const gib = 2 ** 30;

describe("thrift", () => {
  test("gives each compiler its part of the machine's memory before it collects garbage", () => {
    expect(thrift(8 * gib, 2)).toEqual({ GOGC: "off", GOMEMLIMIT: "2048MiB", GOMAXPROCS: "1" });
  });

  test("keeps within bounds on machines with little and with much memory", () => {
    expect(thrift(2 * gib, 8).GOMEMLIMIT).toBe("1024MiB");
    expect(thrift(256 * gib, 4).GOMEMLIMIT).toBe("4096MiB");
  });

  test("leaves a compiler its threads where cores are many", () => {
    expect(thrift(64 * gib, 16).GOMAXPROCS).toBe("");
  });
});

test("no package is compiled with debug information; those that are not inlined are named by one more flag each, which counts as the last", () => {
  const args = buildArguments("versitygw");
  expect(args.slice(args.indexOf("-gcflags"), args.indexOf("-ldflags"))).toEqual([
    "-gcflags",
    "all=-dwarf=false",
    "-gcflags",
    "github.com/aws/aws-sdk-go-v2/service/...=-l -dwarf=false",
  ]);
  expect(buildArguments("hey").filter((arg) => arg === "-gcflags")).toHaveLength(1);
});

/** Module → version, as a go.mod requires it. */
function requirements(family: FamilyName): Map<string, string> {
  const goMod = readFileSync(join(moduleFolder(family), "go.mod"), "utf8");
  return new Map([...goMod.matchAll(/^(?:require )?\s*(\S+\.\S+) (v\S+)/gm)].map(([, module, version]) => [module!, version!]));
}

test("Pulumi and versitygw have the same versions of the clouds' clients, so that Go's build cache serves them twice", () => {
  const versitygw = requirements("versitygw");
  const shared = [...requirements("pulumi")].filter(
    ([module]) => versitygw.has(module) && /aws|azure|x\/crypto|x\/net|x\/text/i.test(module),
  );
  expect(shared.length).toBeGreaterThan(25);
  for (const [module, version] of shared) expect(`${module} ${version}`).toBe(`${module} ${versitygw.get(module)}`);
});

test("Kubernetes' main.go knows each of the programs that are built from it", () => {
  const main = readFileSync(join(moduleFolder("kubernetes"), "main.go"), "utf8");
  expect([...main.matchAll(/case "(\S+)":/g)].map(([, name]) => name)).toEqual(toolsOf("kubernetes").filter((name) => name !== "kubectl"));
});

test("a change of any of Karpenter's sources asks for a new program, one of its tests or texts does not", () => {
  const sources = sourcesOf("karpenter");
  expect(sources).toEqual(expect.arrayContaining(["go.mod", "go.sum", "main.go", "fleet/plan.go", "sizes/node-sizes.json"]));
  expect(sources.filter((file) => /_test\.go$|testdata|\.md$|\.yaml$/.test(file))).toEqual([]);
  expect(sourcesOf("hey")).toEqual(["go.mod", "go.sum"]);
});
