import { differences, type Present } from "../../components/cluster/present";

const wanted = { plan: "free", version: "1.35" };
const present = (more: Partial<Present>): Present => ({ id: "k-1", plan: "free", version: "1.35.2-1", nextUpgradeVersions: [], ...more });

describe("a cluster that is there", () => {
  it("may be as the program asks, or tell nothing", () => {
    expect(differences(wanted, present({}))).toEqual([]);
    expect(differences(wanted, present({ version: "1.35" }))).toEqual([]);
    expect(differences(wanted, { id: "k-1" })).toEqual([]);
  });

  it("goes up to a version that OVHcloud upgrades it to, and to no other", () => {
    const at = (nextUpgradeVersions: string[], version = "1.34.3-0") => differences(wanted, present({ version, nextUpgradeVersions }));
    expect(at(["1.35"])).toEqual([]);
    expect(at(["1.35.1-0"])).toEqual([]);
    expect(at(["1.34"], "1.33.9-0")).toEqual([
      {
        fatal: true,
        text: "version (1.35) cannot be had yet: the cluster k-1 has Kubernetes 1.33, and OVHcloud upgrades it to 1.34 now",
      },
    ]);
    expect(differences(wanted, present({ version: "1.34.3-0", status: "UPDATING" }))).toEqual([]);
    expect(at([])).toEqual([{ fatal: true, text: expect.stringContaining("OVHcloud has no upgrade for it now") as string }]);
  });

  it("never goes down, which is no reason to stop an update that changes something else", () => {
    expect(differences(wanted, present({ version: "1.36.0-0" }))).toEqual([
      {
        fatal: false,
        text: "the cluster k-1 has Kubernetes 1.36, and none goes down to version (1.35): set cluster.version to 1.36",
      },
    ]);
  });

  it("keeps its plan", () => {
    expect(differences({ ...wanted, plan: "standard" }, present({}))).toEqual([
      { fatal: true, text: expect.stringMatching(/^plan \(standard\) cannot be changed: the cluster k-1 has the plan free/) as string },
    ]);
  });
});
