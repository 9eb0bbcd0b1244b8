import { ManagedDatabase } from "../../../components/database";
import type { ManagedClusterArgs } from "../../../components/database/managed-cluster";
import { ManagedKafka } from "../../../components/kafka";
import { masked, record } from "../harness";
import { callMocks, resourceMocks } from "../mocks";
import { managedDatabaseArgs, managedKafkaArgs } from "../samples";

/** What OVHcloud's managed services have in common. */
describe.each([
  [
    "postgresql",
    2,
    (changed: Partial<ManagedClusterArgs>) => new ManagedDatabase("m", { ...managedDatabaseArgs, plan: "business", ...changed }),
  ],
  ["kafka", 3, (changed: Partial<ManagedClusterArgs>) => new ManagedKafka("m", { ...managedKafkaArgs, ...changed })],
] as const)("OVHcloud's managed %s", (engine, nodes, create) => {
  const made = (changed: Partial<ManagedClusterArgs> = {}) => record(() => create(changed), { resources: resourceMocks, calls: callMocks });

  it("has a node for each that its plan has, and lets in whom the args name", async () => {
    const { find } = await made({ ipRestrictions: ["203.0.113.7/32"] });
    expect(find("ovh:CloudProject/database:Database").inputs).toMatchObject({
      engine,
      plan: "business",
      nodes: Array.from({ length: nodes }, () => ({ region: "GRA" })),
      ipRestrictions: [{ ip: "203.0.113.7/32" }],
      deletionProtection: false,
    });
  });

  it("shows what OVHcloud made to sign in only in the Secrets of the client namespaces", async () => {
    const { find, resources } = await made();
    expect(JSON.stringify(resources)).not.toContain("made by OVHcloud");
    expect(find("kubernetes:core/v1:Secret").inputs).toMatchObject({ metadata: { name: engine, namespace: "batch" }, stringData: masked });
  });

  it("is protected on both sides", async () => {
    const { find } = await made({ protected: true });
    const { inputs, options } = find("ovh:CloudProject/database:Database");
    expect([inputs.deletionProtection, options.protect]).toEqual([true, true]);
  });

  it("refuses to let nobody in", async () =>
    expect(made({ ipRestrictions: [] })).rejects.toThrow(/ipRestrictions .* must have at least one range/));
});
