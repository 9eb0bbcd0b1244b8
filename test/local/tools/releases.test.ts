import { readFileSync } from "node:fs";
import { join } from "node:path";
import { moduleFolder } from "../../../local/tools/build";
import { families, familyNames, toolsOf } from "../../../local/tools/catalog";
import { releaseOf } from "../../../local/tools/releases";

/** The module that a family's tools come from, as its go.mod names it. */
const modules = {
  kubernetes: "k8s.io/kubernetes",
  versitygw: "github.com/versity/versitygw",
  pulumi: "github.com/pulumi/pulumi/pkg/v3",
  coredns: "github.com/coredns/coredns",
  kwok: "sigs.k8s.io/kwok",
  registry: "github.com/distribution/distribution/v3",
  "metrics-server": "sigs.k8s.io/metrics-server",
  "prometheus-adapter": "sigs.k8s.io/prometheus-adapter",
  podinfo: "github.com/stefanprodan/podinfo",
  hey: "github.com/rakyll/hey",
  keda: "github.com/kedacore/keda/v2",
  "keda-scaled-objects": "github.com/kedacore/keda/v2",
  karpenter: "sigs.k8s.io/karpenter",
};

describe.each(familyNames)("%s", (family) => {
  const { version, variables } = families[family];

  test("is built in the same version as it is downloaded", () => {
    const goMod = readFileSync(join(moduleFolder(family), "go.mod"), "utf8");
    expect(goMod).toMatch(new RegExp(`^(require|\t)\\s*${modules[family]} v${version.replaceAll(".", "\\.")}( // indirect)?$`, "m"));
    for (const variable of variables.filter((text) => /version$/i.test(text.split("=")[0]!)))
      expect([`v${version}`, version]).toContain(variable.split("=")[1]);
  });
});

/** Only optional tools may be without a release: nobody has to build them to try the local cloud. */
const optional = ["registry", "metrics-server", "prometheus-adapter", "podinfo", "hey", "keda", "keda-scaled-objects", "karpenter"];
const released = familyNames.filter((family) => !optional.includes(family));

describe.each(released)("%s", (family) => {
  const { version } = families[family];

  test("has a release for x64 with its version in the address and a checksum of the right length", () => {
    const release = releaseOf(family, "x64")!;
    expect(release.url).toMatch(/^https:\/\//);
    expect(release.url).toContain(version);
    expect(release.checksum.hex).toMatch(release.checksum.algorithm === "sha256" ? /^[0-9a-f]{64}$/ : /^[0-9a-f]{128}$/);
  });

  test("names its tools among the members of its archive, or is a single program", () => {
    const { archive } = releaseOf(family, "x64")!;
    const names = archive ? archive.members.map((member) => member.split("/").at(-1)) : [family];
    expect(names).toEqual(toolsOf(family));
  });
});

test("no two releases share a checksum", () => {
  const all = familyNames.flatMap((family) => ["x64", "arm64"].flatMap((arch) => releaseOf(family, arch)?.checksum.hex ?? []));
  expect(new Set(all).size).toBe(all.length);
});

test("an architecture without releases has none", () => {
  for (const family of familyNames) expect(releaseOf(family, "s390x")).toBeUndefined();
});
