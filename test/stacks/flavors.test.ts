import * as pulumi from "@pulumi/pulumi";
import { readStackFile, runStack } from "./run";

const local = readStackFile("local");

/** What `deploy` throws for these changes of the local stack's configuration. */
async function errorOf(config: Record<string, unknown>): Promise<Error> {
  const changes = Object.entries(config).map(([key, value]): [string, string] => [
    `ovh-mks-batch:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const error = await runStack("local", { ...local, ...Object.fromEntries(changes) }).then(
    () => undefined,
    (reason: Error) => reason,
  );
  expect(pulumi.RunError.isInstance(error)).toBe(true);
  return error!;
}

describe("the flavors of the pools", () => {
  const asked = {
    token: "ovh:CloudProject/getFlavors:getFlavors",
    inputs: { region: "GRA11", serviceName: "0123456789abcdef0123456789abcdef" },
  };

  it("are asked for with the stack's own credentials, each once and no others", async () => {
    const { calls } = await runStack("local", local);
    expect(calls.filter(({ token }) => token.includes("getFlavors"))).toEqual(
      ["b2-7", "c2-15"].map((nameFilter) => ({ ...asked, inputs: { ...asked.inputs, nameFilter } })),
    );
  });

  it("of Karpenter's families are asked for with all others", async () => {
    const karpenter = { enabled: true, api: { clientId: "i", clientSecret: "s" }, nodePools: { large: { families: ["b3"] } } };
    const { calls } = await runStack("local", { ...local, "ovh-mks-batch:karpenter": JSON.stringify(karpenter) });
    expect(calls.filter(({ token }) => token.includes("getFlavors"))).toEqual([asked]);
  });

  it("must be offered in the region: each that is not is named, with the nearest and all there are", async () => {
    const error = await errorOf({ pools: { compute: { flavor: "c2-16" }, gpu: { flavor: "nothing-like-it" } } });
    expect(error.message.split("\n")).toEqual([
      "The node pools cannot be made; nothing was changed:",
      "  - pools.compute.flavor (c2-16) must be one that GRA11 offers; did you mean c2-15?",
      "  - pools.gpu.flavor (nothing-like-it) must be one that GRA11 offers",
      "GRA11 offers b2-15, b2-7, b3-16, b3-8, c2-15, c2-30, c2-7.",
    ]);
  });

  it("that Karpenter may choose from must be offered too, while it runs", async () => {
    const api = { clientId: "i", clientSecret: "s" };
    const nodePools = { batch: { flavors: ["b3-8", "b3-9"] }, large: { families: ["b3", "m3"] } };
    const error = await errorOf({ karpenter: { enabled: true, api, nodePools }, pools: { compute: { flavor: "c2-16" } } });
    expect(error.message.split("\n").slice(1, 4)).toEqual([
      "  - pools.compute.flavor (c2-16) must be one that GRA11 offers; did you mean c2-15?",
      "  - karpenter.nodePools.batch.flavors.1 (b3-9) must be one that GRA11 offers; did you mean b3-8?",
      "  - karpenter.nodePools.large.families (m3) must be families of flavors that GRA11 offers",
    ]);
    await runStack("local", { ...local, "ovh-mks-batch:karpenter": JSON.stringify({ nodePools }) });
  });

  it("must run Linux", async () => {
    const error = await errorOf({ pools: { compute: { flavor: "win-b2-7" } } });
    expect(error.message).toContain("pools.compute.flavor (win-b2-7) must be one that GRA11 offers");
  });

  it("in a region that has none, the region is doubted", async () => {
    const error = await errorOf({ region: "XYZ1" });
    expect(error.message).toContain("XYZ1 offers no flavor: is it a region of your project?");
  });

  it("that OVHcloud refuses to list are told as such, with its reason", async () => {
    const refused = Object.assign(new Error(), { details: "403: This call has not been granted" });
    const calls = { "ovh:CloudProject/getFlavors:getFlavors": () => Promise.reject(refused) };
    const error = await runStack("local", local, calls).then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(pulumi.RunError.isInstance(error)).toBe(true);
    expect(error!.message).toContain("OVHcloud did not say which flavors GRA11 offers; nothing was changed.");
    expect(error!.message).toContain("403: This call has not been granted");
  });
});
