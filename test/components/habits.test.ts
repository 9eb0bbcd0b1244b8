import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { record } from "./harness";
import { callMocks, resourceMocks } from "./mocks";
import { components } from "./samples";

const folder = join(__dirname, "..", "..", "components");
const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readFileSync(join(folder, file), "utf8"));

describe("every component", () => {
  it("is among the samples", () => {
    const found = sources.flatMap((text) => [...text.matchAll(/class (\w+) extends pulumi\.ComponentResource/g)]);
    expect(found.map(([, name]) => name).sort()).toEqual(Object.keys(components).sort());
  });

  it("imports the parts of @pulumi/kubernetes that it uses, for the whole takes a tenth of a second at each `up`", () => {
    expect(sources.filter((text) => /from "@pulumi\/kubernetes"/.test(text))).toEqual([]);
  });

  it.each(Object.entries(components))(
    "%s: its type says where it is, its children are named after it and parented to it",
    async (name, create) => {
      const { resources } = await record(() => void create("thing"), { resources: resourceMocks, calls: callMocks });
      const own = resources.find((resource) => resource.name === "thing")!;
      expect(own.type).toMatch(new RegExp(`^ovh-mks-batch:[a-z]+:${name}$`));
      const children = resources.filter((resource) => resource !== own);
      expect(children.length).toBeGreaterThan(0);
      for (const child of children) {
        expect(child.name).toMatch(/^thing-[a-z0-9-]+$/);
        expect(child.parent).toBe(`${own.type} thing`);
      }
    },
  );

  it.each(Object.entries(components))("%s: registers its outputs, after all its children", async (_name, create) => {
    const events: string[] = [];
    const spy = jest.spyOn(pulumi.ComponentResource.prototype as unknown as { registerOutputs(outputs?: object): void }, "registerOutputs");
    spy.mockImplementation((outputs) => void events.push(outputs ? "outputs" : "no outputs"));
    const note: pulumi.ResourceTransformation = ({ name }) => void events.push(name);
    try {
      await record(() => void create("thing", { transformations: [note] }), { resources: resourceMocks, calls: callMocks });
    } finally {
      spy.mockRestore();
    }
    expect(events.length).toBeGreaterThan(2);
    expect(events.indexOf("outputs")).toBe(events.findLastIndex((event) => event.startsWith("thing")) + 1);
  });

  it.each(Object.entries(components))(
    "%s: a node that is busy for a few seconds is no reason for a probe to fail",
    async (_name, create) => {
      const { resources } = await record(() => void create("thing"), { resources: resourceMocks, calls: callMocks });
      // The schema of a definition may have probes, too.
      const pods = resources.filter(({ type }) => !type.includes(":CustomResourceDefinition"));
      // Kubernetes' own default is one second.
      for (const { timeoutSeconds = 1 } of probesIn(pods.map(({ inputs }) => inputs))) expect(timeoutSeconds).toBeGreaterThanOrEqual(5);
    },
  );
});

/** All probes of all containers below a value. */
function probesIn(value: unknown): { readonly timeoutSeconds?: number }[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    /^(readiness|liveness|startup)Probe$/.test(key) ? [inner as object] : probesIn(inner),
  );
}
