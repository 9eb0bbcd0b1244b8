import { readFileSync } from "node:fs";
import { join } from "node:path";
import { buildArguments, moduleFolder, thrift } from "../../../local/tools/build";
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

test("packages that are not inlined are named by one flag each, in front of the linker's", () => {
  const args = buildArguments("versitygw");
  expect(args.slice(args.indexOf("-gcflags"), args.indexOf("-gcflags") + 3)).toEqual([
    "-gcflags",
    "github.com/aws/aws-sdk-go-v2/service/...=-l",
    "-ldflags",
  ]);
  expect(buildArguments("hey")).not.toContain("-gcflags");
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
