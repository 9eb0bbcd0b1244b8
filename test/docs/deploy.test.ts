import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { programImages } from "../../local/images/definitions";
import { flavors } from "../../local/api/catalog/catalog";
import { version } from "../../package.json";
import { settingsSchema, type Settings } from "../../stacks/config";
import { warningsOf } from "../../stacks/warnings";
import { readStackFile } from "../stacks/run";

const text = readFileSync(join(__dirname, "..", "..", "docs", "deploy.md"), "utf8");
const blockWith = (part: string): string =>
  [...text.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block]) => block!).find((block) => block.includes(part))!;

/** What the commands would run, with docker and npm that only say what they are asked for. */
function runs(commands: string): string[] {
  const said = 'docker() { echo "docker $*"; }; npm() { echo "npm $*"; }\n';
  return execFileSync("bash", ["-euc", said + commands], { encoding: "utf8" })
    .trim()
    .split("\n");
}

const stackSettings = (stack: string): Settings => settingsOf(readStackFile(stack));

const settingsOf = (config: Record<string, string>): Settings => {
  const entries = Object.entries(config).map(([key, value]) => [
    key.replace("ovh-mks-batch:", ""),
    value.startsWith("{") ? (JSON.parse(value) as unknown) : value,
  ]);
  const needed = { serviceName: "0".repeat(32), images: { registry: "registry.example.com/batch" } };
  return settingsSchema.parse({ ...needed, ...(Object.fromEntries(entries) as object) });
};

describe("the images that docs/deploy.md builds and pushes", () => {
  const [build, ...commands] = runs(blockWith("docker build"));

  it("are all that a stack with metrics pulls, each built for the nodes, by the tag that is the default", () => {
    expect(build).toBe("npm run build:images -- metrics");
    const expected = programImages(["metrics"]).flatMap(({ name }) => [
      `docker build --platform linux/amd64 --tag registry.example.com/batch/${name}:${version} images/${name}`,
      `docker push registry.example.com/batch/${name}:${version}`,
    ]);
    expect([...commands].sort()).toEqual([...expected].sort());
  });

  it("begin with those that are always needed", () => {
    const first = programImages().map(({ name }) => `images/${name}`);
    expect(commands.filter((command) => command.startsWith("docker build")).map((command) => command.split(" ").at(-1))).toEqual(
      expect.arrayContaining(first),
    );
    expect(text).toContain(
      `for image in ${programImages()
        .map(({ name }) => name)
        .join(" ")} `,
    );
  });
});

it.each(["dev", "prod"])("the quota that %s needs is what its pools come to", (stack) => {
  const sum = { instances: 0, vCPUs: 0, ram: 0 };
  for (const { flavor, maxNodes } of Object.values(stackSettings(stack).pools)) {
    const { vCPUs, ram } = flavors.find(({ name }) => name === flavor)!;
    sum.instances += maxNodes;
    sum.vCPUs += maxNodes * vCPUs;
    sum.ram += maxNodes * ram;
  }
  expect(text).toContain(`| \`${stack}\` | ${sum.instances} | ${sum.vCPUs} | ${sum.ram} GB |`);
});

it("what the page adds to Pulumi.prod.yaml goes with what is there", () => {
  const [, block] = /^```yaml\n(config:\n.*?)^```$/ms.exec(text)!;
  const added = (parse(block!) as { config: Record<string, object> }).config;
  const own = readStackFile("prod");
  const merged = Object.entries(added).map(([key, value]) => [key, { ...(JSON.parse(own[key] ?? "{}") as object), ...value }] as const);
  const { pools, network, cluster } = settingsOf({
    ...own,
    ...Object.fromEntries(merged.map(([key, value]) => [key, JSON.stringify(value)])),
  });
  expect(Object.keys(pools)).toEqual(expect.arrayContaining(["system", "compute", "zone-b"]));
  expect([network?.vlanId, cluster.plan, cluster.ipRestrictions]).toEqual([42, "standard", ["203.0.113.0/24"]]);
});

it("the step that the warning about idle nodes names is there", () => {
  const heading = /docs\/deploy\.md, "(.*)"/.exec(warningsOf(stackSettings("prod"))[0]!)![1]!;
  expect(text).toMatch(new RegExp(`^## \\d+\\. ${heading}$`, "m"));
});
