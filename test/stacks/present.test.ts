import * as pulumi from "@pulumi/pulumi";
import type { MksCluster } from "../../components/cluster";
import type { Present } from "../../components/cluster/present";
import type { Settings } from "../../stacks/config";
import { checkPresent } from "../../stacks/present";

const warnings: string[] = [];

/** Checks against what is there; without it, in the preview that is to make it. */
function check(wanted: { plan?: string; version?: string }, present: Partial<Present> | undefined, preview = true): Promise<void> {
  jest.spyOn(pulumi.runtime, "isDryRun").mockReturnValue(preview);
  jest.spyOn(pulumi.log, "warn").mockImplementation((text) => Promise.resolve(void warnings.push(text)));
  const there = { id: "the-id", plan: "free", version: "1.34.3-0", nextUpgradeVersions: ["1.35"], ...present };
  const output = present ? pulumi.output(there) : { isKnown: Promise.resolve(false) };
  const settings = { cluster: { plan: "free", version: "1.34", ...wanted } } as Settings;
  return checkPresent(settings, { present: output } as unknown as MksCluster);
}

beforeEach(() => warnings.splice(0));
afterEach(() => jest.restoreAllMocks());

it("what the cluster cannot become fails the preview, all at once and with the ways out", async () => {
  const error = await check({ plan: "standard", version: "1.36" }, {}).catch((reason: Error) => reason);
  expect(pulumi.RunError.isInstance(error)).toBe(true);
  const lines = (error as Error).message.split("\n").slice(1);
  expect(lines).toEqual([
    expect.stringMatching(/^ {2}- cluster\.plan \(standard\) cannot be changed: the cluster the-id has the plan free.*new stack/),
    expect.stringMatching(/^ {2}- cluster\.version \(1\.36\) cannot be had yet: .*upgrades it to 1\.35 now$/),
  ]);
});

it.each(["free", "standard"])("the plan %s is left alone where the cluster has it, or is to be made", async (plan) => {
  await expect(check({ plan }, { plan })).resolves.toBeUndefined();
  await expect(check({ plan }, undefined)).resolves.toBeUndefined();
});

it("what changes nothing is a warning", async () => {
  await check({ version: "1.34" }, { version: "1.35.0-1" });
  expect(warnings).toEqual([expect.stringContaining("set cluster.version to 1.35")]);
});

it("an update is left to OVHcloud, which refuses it", async () => {
  await expect(check({ plan: "standard" }, {}, false)).resolves.toBeUndefined();
});
