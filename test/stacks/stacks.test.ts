import { deploy } from "../../stacks";
import { type Registered } from "../components/harness";
import { readStackFile, runStack } from "./run";

const user = { "ovh-mks-batch:images": JSON.stringify({ registry: "registry.example.com/batch" }) };
const run = (stack: string) => runStack(stack, { ...user, ...readStackFile(stack) });
const bucketOf = (resources: readonly Registered[]) => resources.find((resource) => resource.type === "ovh:CloudProject/storage:Storage")!;

describe("index.ts", () => {
  it("is the program, and does nothing by being loaded", async () => {
    expect(((await import("../../index")) as { default: unknown }).default).toBe(deploy);
  });
});

describe("the committed stack files", () => {
  it.each(["local", "dev", "prod"])("%s holds no secret, address of a person's machine or project", (stack) => {
    const text = JSON.stringify(readStackFile(stack));
    expect(text).not.toMatch(/secure|serviceName|[0-9a-f]{32}|\/home\/|\/root|applicationKey|consumerKey/i);
  });

  it("prod protects its data, and dev does not", async () => {
    expect(bucketOf((await run("prod")).resources).options).toMatchObject({ protect: true, retainOnDelete: true });
    expect(bucketOf((await run("dev")).resources).options).not.toHaveProperty("protect");
  });

  it("prod has the bigger pools", async () => {
    const most = async (stack: string): Promise<number[]> => {
      const { resources } = await run(stack);
      return resources.filter(({ type }) => type.endsWith(":KubeNodePool")).map(({ inputs }) => inputs.maxNodes as number);
    };
    const dev = await most("dev");
    const prod = await most("prod");
    expect(dev.length).toBeGreaterThan(0);
    expect(prod).toHaveLength(dev.length);
    prod.forEach((nodes, pool) => expect(nodes).toBeGreaterThan(dev[pool]!));
  });

  it("the metrics stack is one setting away, with samples everywhere but in prod", async () => {
    const services = async (stack: string, metrics: object): Promise<string[]> => {
      const own = JSON.parse(readStackFile(stack)["ovh-mks-batch:metrics"] ?? "{}") as object;
      const config = { ...user, ...readStackFile(stack), "ovh-mks-batch:metrics": JSON.stringify({ ...own, ...metrics }) };
      const { resources } = await runStack(stack, config);
      return resources.filter(({ type }) => type.startsWith("ovh-mks-batch:metrics:")).map(({ name }) => name);
    };
    expect(await services("dev", {})).toEqual([]);
    expect((await services("dev", { enabled: true })).sort()).toEqual(["podinfo", "podinfo-cpu", "prometheus", "prometheus-adapter"]);
    expect((await services("prod", { enabled: true })).sort()).toEqual(["prometheus", "prometheus-adapter"]);
    expect(await services("local", { enabled: true, metricsServer: "install" })).toContain("metrics-server");
  });

  it("the metrics stack gets its settings, and knows whether there is an autoscaler", async () => {
    const metrics = {
      enabled: true,
      memory: "3Gi",
      replicas: 2,
      alertmanagerUrl: "https://alerts.example.com",
      allowedNamespaces: ["grafana"],
    };
    const config = { "ovh-mks-batch:metrics": JSON.stringify(metrics), "ovh-mks-batch:autoscaler": JSON.stringify({ enabled: false }) };
    const { find } = await runStack("dev", { ...user, ...readStackFile("dev"), ...config });
    const inputs = (kind: string, name: string): string => JSON.stringify(find(`kubernetes:${kind}`, name).inputs);
    expect(inputs("apps/v1:Deployment", "prometheus-deployment")).toContain('"limits":{"memory":"3Gi"}');
    expect(inputs("apps/v1:Deployment", "prometheus-adapter-deployment")).toContain('"replicas":2');
    expect(inputs("core/v1:ConfigMap", "prometheus-config")).toContain("alerts.example.com:443");
    expect(inputs("core/v1:ConfigMap", "prometheus-config")).not.toContain("AutoscalerNotLeading");
    expect(inputs("networking.k8s.io/v1:NetworkPolicy", "prometheus-network")).toContain('"values":["grafana"]');
    expect(inputs("networking.k8s.io/v1:NetworkPolicy", "batch-network")).toContain('"kubernetes.io/metadata.name":"metrics"');
  });
});
