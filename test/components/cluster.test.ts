import * as pulumi from "@pulumi/pulumi";
import { MksCluster, type MksClusterArgs } from "../../components/cluster";
import { NodePool, type NodePoolArgs } from "../../components/cluster/node-pool";
import { masked, record, valueOf } from "./harness";
import { callMocks, resourceMocks } from "./mocks";
import { clusterArgs, poolArgs } from "./samples";

const kube = "ovh:CloudProject/kube:Kube";
const create = (args: Partial<MksClusterArgs> = {}) =>
  record(() => new MksCluster("c", { ...clusterArgs, ...args }), { resources: resourceMocks, calls: callMocks });

describe("MksCluster", () => {
  it("asks for the cluster, with the plan and policy that it says by default and nothing else", async () => {
    const { find } = await create();
    expect(find(kube)).toMatchObject({ name: "c-kube" });
    expect(find(kube).inputs).toEqual({
      serviceName: "project",
      name: "my-cluster",
      region: "GRA11",
      version: "1.35",
      plan: "free",
      updatePolicy: "ALWAYS_UPDATE",
    });
  });

  it("protects the cluster when asked, and else leaves that to its parent", async () => {
    expect((await create({ protected: true })).find(kube).options).toMatchObject({ protect: true });
    expect((await create()).find(kube).options).not.toHaveProperty("protect");
  });

  it("makes neither restrictions nor OpenID Connect unless asked", async () => {
    const { resources } = await create({ ipRestrictions: [] });
    expect(resources.map((resource) => resource.name).sort()).toEqual(["c", "c-kube", "c-kubernetes"]);
  });

  it("restricts who may reach the API", async () => {
    const { find } = await create({ ipRestrictions: ["203.0.113.0/24", "2001:db8::/32"] });
    expect(find("ovh:CloudProject/kubeIpRestrictions:KubeIpRestrictions").inputs).toEqual({
      serviceName: "project",
      kubeId: "c-kube-id",
      ips: ["203.0.113.0/24", "2001:db8::/32"],
    });
  });

  it("passes on of OpenID Connect what is given", async () => {
    const { find } = await create({ oidc: { clientId: "id", issuerUrl: "https://id.example.com", groupsClaims: ["groups"] } });
    expect(find("ovh:CloudProject/kubeOidc:KubeOidc").inputs).toEqual({
      serviceName: "project",
      kubeId: "c-kube-id",
      clientId: "id",
      issuerUrl: "https://id.example.com",
      oidcGroupsClaims: ["groups"],
    });
  });

  it("puts the nodes into a private network", async () => {
    const { find } = await create({ privateNetwork: { id: "net", nodesSubnetId: "sub", gateway: "", routingAsDefault: true } });
    const { privateNetworkId, nodesSubnetId, privateNetworkConfiguration, ...rest } = find(kube).inputs;
    expect({ privateNetworkId, nodesSubnetId }).toEqual({ privateNetworkId: "net", nodesSubnetId: "sub" });
    expect(privateNetworkConfiguration).toEqual({ defaultVrackGateway: "", privateNetworkRoutingAsDefault: true });
    expect(rest).not.toHaveProperty("loadBalancersSubnetId");
  });

  it("keeps the kubeconfig secret, and identifies the provider by the cluster's id", async () => {
    const { find, result } = await create();
    expect(await pulumi.isSecret(result.kubeconfig)).toBe(true);
    expect(await valueOf(result.kubeconfig)).toBe("kubeconfig of the cluster, read now");
    expect(find("pulumi:providers:kubernetes").inputs).toMatchObject({ kubeconfig: masked, clusterIdentifier: "c-kube-id" });
  });

  it("tells what OVHcloud has, whatever is asked for", async () => {
    const calls = { "ovh:CloudProject/getKube:getKube": () => ({ id: "c-kube-id", kubeconfig: "k", plan: "free" }) };
    const { result } = await record(() => new MksCluster("c", { ...clusterArgs, plan: "standard" }), { resources: resourceMocks, calls });
    expect(await valueOf(result.present)).toMatchObject({ id: "c-kube-id", plan: "free" });
  });

  it("changes ConfigMaps and Secrets in place, for pods name them", async () => {
    const { find } = await create();
    expect(find("pulumi:providers:kubernetes").inputs).toMatchObject({ enableConfigMapMutable: "true", enableSecretMutable: "true" });
  });
});

describe("NodePool", () => {
  const pool = "ovh:CloudProject/kubeNodePool:KubeNodePool";
  const createPool = (args: Partial<NodePoolArgs> = {}) =>
    record(() => new NodePool("p", { ...poolArgs, ...args }), { resources: resourceMocks, calls: callMocks });

  it("asks for the pool without a template or zones, and with OVHcloud's autoscaler off", async () => {
    const { find } = await createPool();
    expect(find(pool).inputs).toEqual({
      serviceName: "project",
      kubeId: "cluster-id",
      name: "compute",
      flavorName: "c2-15",
      minNodes: 0,
      maxNodes: 100,
      desiredNodes: 0,
      antiAffinity: false,
      monthlyBilled: false,
      autoscale: false,
    });
  });

  it("is never updated by OVHcloud's API, whatever can change in place: an update would bring the number of nodes that Pulumi saw last", async () => {
    const { find } = await createPool();
    expect(find(pool).options).toEqual({
      ignoreChanges: [
        "desiredNodes",
        "minNodes",
        "maxNodes",
        "autoscale",
        "template",
        "attachFloatingIps",
        "autoscalingScaleDownUnneededTimeSeconds",
        "autoscalingScaleDownUnreadyTimeSeconds",
        "autoscalingScaleDownUtilizationThreshold",
      ],
    });
  });

  it("has what changes in place applied to its NodePool resource, without the number of nodes", async () => {
    const { find } = await createPool({ labels: { team: "media" }, taints: [{ key: "gpu", value: "", effect: "NoSchedule" }] });
    const { name, inputs, options } = find("kubernetes:kube.cloud.ovh.com/v1alpha1:NodePoolPatch");
    expect(name).toBe("p-settings");
    expect(inputs).toEqual({
      apiVersion: "kube.cloud.ovh.com/v1alpha1",
      kind: "NodePool",
      metadata: { name: "compute", annotations: { "pulumi.com/patchForce": "true", "ovh-mks-batch/pool-id": "p-pool-id" } },
      spec: {
        minNodes: 0,
        maxNodes: 100,
        autoscale: false,
        template: {
          metadata: { labels: { "pool.ovh-mks-batch/name": "compute", team: "media" }, annotations: {}, finalizers: [] },
          spec: { taints: [{ key: "gpu", value: "", effect: "NoSchedule" }], unschedulable: false },
        },
      },
    });
    expect(options).toMatchObject({ retainOnDelete: true });
  });

  it("passes zones on", async () => {
    const { find } = await createPool({ availabilityZones: ["eu-west-par-a"] });
    expect(find(pool).inputs.availabilityZones).toEqual(["eu-west-par-a"]);
  });

  it.each<[string, Partial<NodePoolArgs>, string]>([
    ["minNodes over maxNodes", { minNodes: 5, desiredNodes: 5, maxNodes: 3 }, "minNodes (5) must be at most maxNodes (3)"],
    ["desiredNodes over maxNodes", { desiredNodes: 4, maxNodes: 3 }, "desiredNodes (4) must be at most maxNodes (3)"],
    ["desiredNodes under minNodes", { minNodes: 2, desiredNodes: 1 }, "desiredNodes (1) must be at least minNodes (2)"],
    ["a negative minNodes", { minNodes: -1 }, "minNodes (-1) must be at least 0"],
    ["anti-affinity over 5 nodes", { antiAffinity: true, maxNodes: 6 }, "maxNodes (6) must be at most 5 with antiAffinity"],
    ["a name with an underscore", { poolName: "my_pool" }, 'poolName ("my_pool") must have up to 63 lower-case letters'],
  ])("refuses %s", async (_what, args, message) => {
    await expect(createPool(args)).rejects.toThrow(message);
  });

  it("accepts each bound", async () => {
    const { find } = await createPool({ minNodes: 5, desiredNodes: 5, maxNodes: 5, antiAffinity: true });
    expect(find(pool).inputs).toMatchObject({ minNodes: 5, desiredNodes: 5, maxNodes: 5, antiAffinity: true });
  });

  it("tells all faults at once, and creates nothing", async () => {
    const error = await createPool({ minNodes: 5, maxNodes: 3, antiAffinity: true, poolName: "P" }).then(
      () => undefined,
      (reason: Error) => reason,
    );
    expect(error?.message.split("\n")).toEqual([
      "p: its args are not valid:",
      "  - poolName (\"P\") must have up to 63 lower-case letters, digits and '-'",
      "  - minNodes (5) must be at most maxNodes (3)",
    ]);
  });
});
