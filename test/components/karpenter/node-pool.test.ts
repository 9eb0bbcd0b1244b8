import { KarpenterNodePool, type KarpenterNodePoolArgs } from "../../../components/karpenter";
import { faultsOf } from "../../../components/karpenter/node-pool/faults";
import { record } from "../harness";
import { resourceMocks } from "../mocks";
import { karpenterPoolArgs } from "../samples";

const paris = { region: "EU-WEST-PAR", plan: "standard" } as const;
const create = (args: Partial<KarpenterNodePoolArgs> = {}) =>
  record(() => new KarpenterNodePool("p", { ...karpenterPoolArgs, ...args }), { resources: resourceMocks });
const specOf = async (args: Partial<KarpenterNodePoolArgs>) => (await create(args)).find("kubernetes:karpenter.sh/v1:NodePool").inputs.spec;

const requirements = (...more: object[]) => [
  { key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] },
  { key: "kubernetes.io/arch", operator: "In", values: ["amd64"] },
  { key: "kubernetes.io/os", operator: "In", values: ["linux"] },
  ...more,
];

describe("KarpenterNodePool", () => {
  it("is a NodePool with an OVHNodeClass of the same name, which is there first", async () => {
    const { find } = await create();
    const nodeClass = find("kubernetes:karpenter.ovhcloud.sh/v1alpha1:OVHNodeClass");
    expect(nodeClass.inputs).toMatchObject({
      metadata: { name: "batch" },
      spec: {
        serviceName: "project",
        kubeId: "cluster-id",
        region: "GRA11",
        credentialsSecretRef: { name: "ovh-credentials", namespace: "karpenter" },
        monthlyBilled: false,
        antiAffinity: false,
      },
    });
    const pool = find("kubernetes:karpenter.sh/v1:NodePool");
    expect(pool.options.dependsOn).toEqual([expect.stringContaining("p-node-class")]);
    expect(pool.inputs.spec).toEqual({
      template: {
        metadata: { labels: {} },
        spec: {
          nodeClassRef: { group: "karpenter.ovhcloud.sh", kind: "OVHNodeClass", name: "batch" },
          requirements: requirements(),
          expireAfter: "Never",
        },
      },
      disruption: { consolidationPolicy: "WhenEmptyOrUnderutilized", consolidateAfter: "60s" },
    });
  });

  it("has requirements, limits, a weight, budgets and all else in Karpenter's words", async () => {
    const spec = await specOf({
      ...paris,
      flavors: ["b3-8", "b3-16"],
      families: ["b3"],
      size: { minCpu: 2, maxCpu: 8, minMemoryGb: 8, maxMemoryGb: 32 },
      zones: ["eu-west-par-a", "eu-west-par-b"],
      limits: { cpu: "100", memory: "400Gi", nodes: 20 },
      weight: 10,
      disruption: {
        consolidationPolicy: "WhenEmpty",
        consolidateAfterSeconds: 0,
        budgets: [{ nodes: "10%" }, { nodes: "0", reasons: ["Drifted"], schedule: "0 8 * * 1-5", durationMinutes: 600 }],
      },
      expireAfterHours: 720,
      terminationGracePeriodSeconds: 300,
      labels: { team: "media" },
      taints: [
        { key: "team", value: "media", effect: "NoSchedule" },
        { key: "dedicated", value: "", effect: "NoSchedule" },
      ],
    });
    expect(spec).toMatchObject({
      template: {
        metadata: { labels: { team: "media" } },
        spec: {
          requirements: requirements(
            { key: "node.kubernetes.io/instance-type", operator: "In", values: ["b3-8", "b3-16"] },
            { key: "karpenter.ovhcloud.sh/instance-category", operator: "In", values: ["b3"] },
            { key: "karpenter.ovhcloud.sh/instance-cpu", operator: "Gt", values: ["1"] },
            { key: "karpenter.ovhcloud.sh/instance-cpu", operator: "Lt", values: ["9"] },
            { key: "karpenter.ovhcloud.sh/instance-memory", operator: "Gt", values: ["7"] },
            { key: "karpenter.ovhcloud.sh/instance-memory", operator: "Lt", values: ["33"] },
            { key: "topology.kubernetes.io/zone", operator: "In", values: ["eu-west-par-a", "eu-west-par-b"] },
          ),
          taints: [
            { key: "team", value: "media", effect: "NoSchedule" },
            { key: "dedicated", effect: "NoSchedule" },
          ],
          expireAfter: "720h",
          terminationGracePeriod: "300s",
        },
      },
      disruption: {
        consolidationPolicy: "WhenEmpty",
        consolidateAfter: "0s",
        budgets: [{ nodes: "10%" }, { nodes: "0", reasons: ["Drifted"], schedule: "0 8 * * 1-5", duration: "600m" }],
      },
      limits: { cpu: "100", memory: "400Gi", nodes: "20" },
      weight: 10,
    });
  });

  it("is deleted without waiting for Karpenter, which may not run: the clean-up waits", async () => {
    const { find } = await create();
    for (const kind of ["karpenter.sh/v1:NodePool", "karpenter.ovhcloud.sh/v1alpha1:OVHNodeClass"])
      expect(find(`kubernetes:${kind}`).inputs.metadata).toMatchObject({
        annotations: { "pulumi.com/deletionPropagationPolicy": "background", "pulumi.com/skipAwait": "true" },
      });
  });

  it("keeps nodes that are paid to the end of the month", async () => {
    expect(await specOf({ flavors: ["b2-7"], monthlyBilled: true })).toMatchObject({ disruption: { consolidateAfter: "Never" } });
    const forced = { flavors: ["b2-7"], monthlyBilled: true, disruption: { consolidateAfterSeconds: 600 } };
    expect(await specOf(forced)).toMatchObject({ disruption: { consolidateAfter: "600s" } });
  });

  it("tells all that is wrong with it at once", async () => {
    const wrong = { poolName: "Batch", weight: 0, zones: ["nova"], limits: { cpu: "many", nodes: 101 } };
    await expect(create(wrong)).rejects.toThrow(
      /poolName \("Batch"\) must have[^]*weight \(0\) must be[^]*zones \(\["nova"\]\) must not be set in GRA11[^]*limits\.cpu[^]*limits\.nodes \(101\) must be from 1 to 100/,
    );
  });
});

describe("what is wrong with a node pool of Karpenter's", () => {
  const faults = (args: Partial<KarpenterNodePoolArgs>): string[] =>
    faultsOf({ ...karpenterPoolArgs, ...args }).map(({ property, rule }) => `${property} ${rule}`);

  it("is nothing with what it must have, in regions of one and of three zones, and in one that is not known", () => {
    expect(faults({})).toEqual([]);
    expect(faults({ ...paris, zones: ["eu-west-par-c"], limits: { nodes: 500 } })).toEqual([]);
    expect(faults({ region: "NEW-1", zones: ["new-1-a"] })).toEqual([]);
  });

  it.each<[string, Partial<KarpenterNodePoolArgs>, string]>([
    ["a name that is too long", { poolName: "a".repeat(41) }, "poolName must have up to 40"],
    ["no flavor at all", { flavors: [] }, "flavors must name a flavor"],
    ["a flavor of another family", { flavors: ["b3-8"], families: ["c3"] }, "flavors must be of families (c3)"],
    ["a flavor for a family", { families: ["b3-8"] }, "families must be families of flavors such as b3"],
    ["a size from more to less", { size: { minCpu: 8, maxCpu: 4 } }, "size.minCpu must be at most maxCpu (4)"],
    ["half a GB", { size: { minMemoryGb: 0.5 } }, "size.minMemoryGb must be a whole number"],
    ["memory from more to less", { size: { minMemoryGb: 64, maxMemoryGb: 32 } }, "size.minMemoryGb must be at most maxMemoryGb (32)"],
    [
      "a zone of another region",
      { ...paris, zones: ["eu-south-mil-a"] },
      "zones must be among eu-west-par-a, eu-west-par-b, eu-west-par-c",
    ],
    ["no zone at all", { ...paris, zones: [] }, "zones must name a zone"],
    ["a weight above Karpenter's", { weight: 101 }, "weight must be a whole number from 1 to 100"],
    [
      "more nodes than the plan has",
      { ...paris, limits: { nodes: 501 } },
      "limits.nodes must be from 1 to 500, the nodes of a cluster with the standard plan",
    ],
    ["memory that is none", { limits: { memory: "400m" } }, "limits.memory must be"],
    ["monthly billing of generation 3", { monthlyBilled: true, flavors: ["b3-8"] }, "monthlyBilled must be false with the flavor b3-8"],
    ["monthly billing of any flavor", { monthlyBilled: true }, "monthlyBilled must be false unless flavors names"],
    [
      "monthly billing where there is no generation 2",
      { ...paris, monthlyBilled: true, flavors: ["b2-7"] },
      "monthlyBilled must be false in EU-WEST-PAR",
    ],
    ["a share above all", { disruption: { budgets: [{ nodes: "101%" }] } }, "disruption.budgets.0.nodes must be a number of nodes"],
    [
      "a schedule without an end",
      { disruption: { budgets: [{ nodes: "0", schedule: "0 8 * * *" }] } },
      "disruption.budgets.0.schedule must be set with durationMinutes",
    ],
    [
      "a schedule that is none",
      { disruption: { budgets: [{ nodes: "0", schedule: "at 8", durationMinutes: 5 }] } },
      "disruption.budgets.0.schedule must be",
    ],
    ["a negative time", { disruption: { consolidateAfterSeconds: -1 } }, "disruption.consolidateAfterSeconds must be"],
    ["an age of nothing", { expireAfterHours: 0 }, "expireAfterHours must be"],
    ["a negative grace", { terminationGracePeriodSeconds: -1 }, "terminationGracePeriodSeconds must be"],
    ["a label of Karpenter's", { labels: { "karpenter.sh/nodepool": "x" } }, "labels.karpenter.sh/nodepool must not be set"],
  ])("is %s", (_what, args, rule) => {
    expect(faults(args)).toEqual([expect.stringContaining(rule)]);
  });
});
