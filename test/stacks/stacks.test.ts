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

  it("the batch controller is there before the Jobs, with two replicas in prod", async () => {
    const deployment = "kubernetes:apps/v1:Deployment";
    const { find } = await run("dev");
    const { dependsOn } = find("pulumi-nodejs:dynamic/batch:BatchJob", "thumbnails").options as { dependsOn: string[] };
    expect(dependsOn).toContain(`${deployment} batch-controller-deployment`);
    expect(find(deployment, "batch-controller-deployment").inputs).toMatchObject({
      metadata: { namespace: "batch-operator" },
      spec: { replicas: 1 },
    });
    expect((await run("prod")).find(deployment, "batch-controller-deployment").inputs).toMatchObject({ spec: { replicas: 2 } });
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

  it("KEDA is one setting away, after the namespace of the Jobs; a further one serves ScaledObjects, and another uses the cluster's own", async () => {
    const keda = async (settings: object) => {
      const config = { ...user, ...readStackFile("dev"), "ovh-mks-batch:keda": JSON.stringify(settings) };
      const { resources } = await runStack("dev", config);
      return resources.filter(({ type, name }) => type.startsWith("ovh-mks-batch:") && name.startsWith("keda"));
    };
    const namesOf = (resources: readonly Registered[]) => resources.map(({ name }) => name).sort();
    expect(await keda({})).toEqual([]);
    const [component, ...others] = await keda({ enabled: true });
    expect(others).toEqual([]);
    expect(component!.options.dependsOn).toContainEqual(expect.stringContaining("batch-namespace"));
    expect(namesOf(await keda({ enabled: true, scaledObjects: true }))).toEqual(["keda", "keda-metrics-apiserver", "keda-webhooks"]);
    expect(namesOf(await keda({ enabled: true, scaledObjects: true, installation: "existing" }))).toEqual(["keda"]);
  });

  it("a queue in the stack's database is one setting away, and waits for what it needs", async () => {
    const query = "SELECT count(*) FROM orders WHERE status IN ('waiting', 'running')";
    const queues = {
      orders: { query, oldestQuery: "SELECT 0", itemsPerRun: 5, env: { A: "b" } },
      other: { query, image: "r.example.com/other:2" },
    };
    const on = JSON.stringify({ enabled: true });
    const settings = { "ovh-mks-batch:keda": on, "ovh-mks-batch:database": on, "ovh-mks-batch:queues": JSON.stringify(queues) };
    const { find } = await runStack("dev", { ...readStackFile("dev"), ...user, ...settings });
    const component = find("ovh-mks-batch:keda:QueueJob", "orders");
    for (const needed of ["keda", "database", "batch-controller", "autoscaler"])
      expect(component.options.dependsOn).toContainEqual(expect.stringContaining(needed));
    const scaledJob = (name: string) => find("kubernetes:keda.sh/v1alpha1:ScaledJob", `${name}-scaled-job`).inputs;
    const metadata = {
      host: "postgresql.database.svc.cluster.local",
      userName: "app",
      dbName: "app",
      sslmode: "require",
      targetQueryValue: "5",
    };
    const container = { envFrom: [{ secretRef: { name: "postgresql" } }] };
    expect(scaledJob("orders")).toMatchObject({
      metadata: { name: "orders", namespace: "batch" },
      spec: {
        jobTargetRef: {
          template: {
            spec: { containers: [{ image: expect.stringMatching(/^registry\.example\.com\/batch\/sql-batch:/) as string, ...container }] },
          },
        },
        triggers: [{ metadata: { ...metadata, query } }, { name: "oldest-item-0", metadata: { ...metadata, query: "SELECT 0" } }],
      },
    });
    expect(scaledJob("other")).toMatchObject({
      spec: { jobTargetRef: { template: { spec: { containers: [{ image: "r.example.com/other:2" }] } } } },
    });
    const { inputs } = find("kubernetes:keda.sh/v1alpha1:TriggerAuthentication", "orders-trigger-0");
    expect(inputs.spec).toEqual({ secretTargetRef: [{ parameter: "password", name: "postgresql", key: "PGPASSWORD" }] });
    expect(JSON.stringify(find("kubernetes:networking.k8s.io/v1:NetworkPolicy", "database-network").inputs.spec)).toContain('"keda"');
  });

  it("a queue of the records of the stack's Kafka is one setting away, and the same for OVHcloud's", async () => {
    const queueOf = async (kafka: object, more: object = {}) => {
      const json = (values: object) =>
        Object.fromEntries(Object.entries(values).map(([key, value]) => [`ovh-mks-batch:${key}`, JSON.stringify(value)]));
      const topics = { orders: { partitions: 4 } };
      const settings = { keda: { enabled: true }, kafka: { enabled: true, topics, ...kafka }, queues: { invoices: { topic: "orders" } } };
      return runStack("dev", { ...readStackFile("dev"), ...user, ...json({ ...settings, ...more }) });
    };
    const triggerOf = ({ find }: Awaited<ReturnType<typeof queueOf>>) =>
      (find("kubernetes:keda.sh/v1alpha1:ScaledJob", "invoices-scaled-job").inputs.spec as { triggers: { metadata: object }[] }).triggers;
    const metadata = { consumerGroup: "invoices", topic: "orders", offsetResetPolicy: "earliest" };

    const inCluster = await queueOf({}, { database: { enabled: true } });
    expect(triggerOf(inCluster)).toMatchObject([{ metadata: { ...metadata, bootstrapServers: "kafka.kafka.svc.cluster.local:9092" } }]);
    const component = inCluster.find("ovh-mks-batch:keda:QueueJob", "invoices");
    expect(component.options.dependsOn).toContainEqual("kubernetes:batch/v1:Job kafka-topics");
    const { spec } = inCluster.find("kubernetes:keda.sh/v1alpha1:ScaledJob", "invoices-scaled-job").inputs;
    const envFrom = ["kafka", "postgresql"].map((name) => ({ secretRef: { name } }));
    expect(spec).toMatchObject({ jobTargetRef: { template: { spec: { containers: [{ envFrom }] } } } });
    const network = inCluster.find("kubernetes:networking.k8s.io/v1:NetworkPolicy", "kafka-network").inputs;
    expect(JSON.stringify(network)).toContain('"kubernetes.io/metadata.name":"keda"');

    const managed = await queueOf({ kind: "managed", managed: { ipRestrictions: ["203.0.113.7/32"] } });
    const bootstrapServers = "kafka-1.database.cloud.ovh.net:20184";
    expect(triggerOf(managed)).toMatchObject([{ metadata: { ...metadata, bootstrapServers, tls: "enable" } }]);
    const { inputs } = managed.find("kubernetes:keda.sh/v1alpha1:TriggerAuthentication", "invoices-trigger-0");
    const secretTargetRef = [
      { parameter: "ca", name: "kafka", key: "KAFKA_CA" },
      { parameter: "cert", name: "kafka", key: "KAFKA_CERTIFICATE" },
      { parameter: "key", name: "kafka", key: "KAFKA_KEY" },
    ];
    expect(inputs.spec).toEqual({ secretTargetRef });
  });

  it("the batch controller's notifications are a secret of Pulumi's", async () => {
    const targets = [{ name: "team", webhook: { url: "https://hooks.example.com/the-token" } }];
    const controller = { notifications: { targets } };
    const config = { ...user, ...readStackFile("dev"), "ovh-mks-batch:controller": JSON.stringify(controller) };
    const { find, resources } = await runStack("dev", config);
    expect(find("kubernetes:core/v1:Secret", "batch-controller-notifications").inputs.stringData).toBe("[secret]");
    expect(JSON.stringify(resources)).not.toContain("the-token");
  });

  it("the metrics stack gets its settings, and knows whether there are an autoscaler and a batch controller", async () => {
    const metrics = {
      enabled: true,
      memory: "3Gi",
      replicas: 2,
      alertmanagerUrl: "https://alerts.example.com",
      allowedNamespaces: ["grafana"],
    };
    const none = JSON.stringify({ enabled: false });
    const config = { "ovh-mks-batch:metrics": JSON.stringify(metrics), "ovh-mks-batch:autoscaler": none, "ovh-mks-batch:controller": none };
    const { find, resources } = await runStack("dev", { ...user, ...readStackFile("dev"), ...config });
    const inputs = (kind: string, name: string): string => JSON.stringify(find(`kubernetes:${kind}`, name).inputs);
    expect(inputs("apps/v1:Deployment", "prometheus-deployment")).toContain('"limits":{"memory":"3Gi"}');
    expect(inputs("apps/v1:Deployment", "prometheus-adapter-deployment")).toContain('"replicas":2');
    expect(inputs("core/v1:ConfigMap", "prometheus-config")).toContain("alerts.example.com:443");
    for (const alert of ["AutoscalerNotLeading", "BatchControllerDown"])
      expect(inputs("core/v1:ConfigMap", "prometheus-config")).not.toContain(alert);
    expect(resources.filter(({ name }) => /^(autoscaler|batch-controller)/.test(name))).toEqual([]);
    expect(inputs("networking.k8s.io/v1:NetworkPolicy", "prometheus-network")).toContain('"values":["grafana"]');
    expect(inputs("networking.k8s.io/v1:NetworkPolicy", "batch-network")).toContain('"kubernetes.io/metadata.name":"metrics"');
  });
});
