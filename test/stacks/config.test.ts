import * as pulumi from "@pulumi/pulumi";
import { loadConfig } from "../../stacks/load";

const serviceName = "0123456789abcdef0123456789abcdef";
const env = {
  OVH_ENDPOINT: "ovh-eu",
  OVH_APPLICATION_KEY: "key",
  OVH_APPLICATION_SECRET: "application-secret",
  OVH_CONSUMER_KEY: "consumer-key",
};

interface Source {
  config?: Record<string, unknown>;
  env?: Record<string, string>;
  files?: string[];
  secretKeys?: string[];
}

/** Loads this configuration, with what else must be set. */
function load(settings: Record<string, unknown> = {}, source: Source = {}) {
  const all = { serviceName, images: { registry: "registry.example.com/batch" }, ...settings };
  const entries = Object.entries(all).map(([key, value]) => [`ovh-mks-batch:${key}`, value] as const);
  const config = Object.fromEntries(
    [...entries, ...Object.entries(source.config ?? {})]
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]),
  );
  return loadConfig({
    config,
    secretKeys: source.secretKeys ?? [],
    env: source.env ?? env,
    exists: (file) => source.files?.includes(file) ?? false,
  });
}

/** Settings of Karpenter that are right, but for what is given. */
const withKarpenter = (nodePools: object = { batch: {} }, more: object = {}) => ({
  karpenter: { enabled: true, api: { clientId: "i", clientSecret: "s" }, nodePools, ...more },
});

/** The faults that are reported for this configuration. */
function faults(...args: Parameters<typeof load>): string[] {
  try {
    load(...args);
  } catch (error) {
    expect(pulumi.RunError.isInstance(error)).toBe(true);
    return (error as Error).message
      .split("\n")
      .filter((line) => line.startsWith("  - "))
      .map((line) => line.slice(4));
  }
  return [];
}

it("takes the provider's endpoint from the configuration or the environment, and where an ovh.conf has it, from the region", () => {
  const endpoint = (region: string, source: Source) => load({ region }, source).endpoint;
  expect(endpoint("GRA11", { config: { "ovh:endpoint": "ovh-ca" } })).toBe("ovh-ca");
  expect(endpoint("BHS5", {})).toBe("ovh-eu");
  const inFile = { env: {}, files: ["ovh.conf"] };
  expect([endpoint("GRA11", inFile), endpoint("US-EAST-VA-1", inFile)]).toEqual(["ovh-eu", "ovh-us"]);
});

describe("the settings", () => {
  it("are the seed's by default", () => {
    const { settings } = load();
    expect(settings.pools).toMatchObject({
      system: { flavor: "b2-7", minNodes: 1, maxNodes: 3, desiredNodes: 1 },
      compute: { flavor: "c2-15", minNodes: 0, maxNodes: 100, desiredNodes: 0 },
    });
    expect(settings).toMatchObject({ serviceName, region: "GRA11", cluster: { plan: "free", version: "1.35" } });
  });

  it("keep the defaults of what is not set beside what is", () => {
    const { settings } = load({ pools: { compute: { maxNodes: 10 }, gpu: { flavor: "t1-45" } } });
    expect(settings.pools.compute).toMatchObject({ flavor: "c2-15", minNodes: 0, maxNodes: 10 });
    expect(settings.pools.gpu).toMatchObject({ flavor: "t1-45", minNodes: 0, maxNodes: 100 });
    expect(settings.pools.system).toMatchObject({ flavor: "b2-7" });
  });

  it("take the project from the environment, and rather from the configuration", () => {
    const other = "f".repeat(32);
    const withProject = { ...env, OVH_CLOUD_PROJECT_SERVICE: other };
    expect(load({ serviceName: undefined }, { env: withProject }).settings.serviceName).toBe(other);
    expect(load({}, { env: withProject }).settings.serviceName).toBe(serviceName);
  });

  it("are nobody's business in other namespaces", () => {
    expect(faults({}, { config: { "other:thing": "x" } })).toEqual([]);
  });
});

describe("a wrong setting", () => {
  it.each<[string, Record<string, unknown>, string]>([
    ["an unknown key", { clutser: {} }, "clutser is not a setting; did you mean cluster?"],
    [
      "an unknown key deeper down",
      { pools: { compute: { minNode: 1 } } },
      "pools.compute.minNode is not a setting; did you mean minNodes?",
    ],
    [
      "an unknown key of a further pool",
      { pools: { gpu: { flavor: "t1-45", labls: {} } } },
      "pools.gpu.labls is not a setting; did you mean labels?",
    ],
    [
      "an unknown key like no other",
      { namespace: { zzzzzzzz: 1 } },
      "namespace.zzzzzzzz is not a setting; there are maxPods, maxCpu, maxMemory, defaultCpu, defaultMemory",
    ],
    [
      "minNodes over maxNodes",
      { pools: { compute: { minNodes: 5, desiredNodes: 5, maxNodes: 3 } } },
      "pools.compute.minNodes (5) must be at most maxNodes (3)",
    ],
    [
      "devices of a pool that is not there",
      { autoscaler: { extendedResources: { gpus: { "example.com/dongle": 1 } } } },
      "autoscaler.extendedResources.gpus must be the name of a pool; there are system, compute",
    ],
    [
      "a device of Kubernetes' own domain",
      { autoscaler: { extendedResources: { compute: { "node.kubernetes.io/x": 1 } } } },
      "must not have the domain kubernetes.io, nor begin with 'requests.'",
    ],
    [
      "access to the API by nobody",
      { autoscaler: { api: {} } },
      "autoscaler.api must have clientId and clientSecret, or applicationKey, applicationSecret and consumerKey",
    ],
    ["half a service account", { autoscaler: { api: { clientId: "i" } } }, "autoscaler.api.clientSecret must be set with clientId"],
    [
      "half an application key",
      { autoscaler: { api: { applicationKey: "a", applicationSecret: "b" } } },
      "autoscaler.api.consumerKey must be set with applicationKey",
    ],
    [
      "two ways to sign in",
      { autoscaler: { api: { clientId: "i", clientSecret: "s", consumerKey: "c" } } },
      "autoscaler.api must have clientId and clientSecret, or applicationKey, applicationSecret and consumerKey, not both",
    ],
    ["Karpenter without access to the API", { karpenter: { enabled: true } }, "karpenter.api must be set"],
    [
      "Karpenter with half a key",
      { karpenter: { enabled: true, api: { applicationKey: "a", consumerKey: "c" } } },
      "karpenter.api.applicationSecret must be set with applicationKey",
    ],
    [
      "Karpenter without a node to run on",
      { ...withKarpenter(), pools: { system: { minNodes: 0 } } },
      "pools.system.minNodes (0) must be at least 1",
    ],
    [
      "Jobs for a Karpenter that is off",
      { karpenter: { provisioner: "karpenter" } },
      "karpenter.provisioner (karpenter) must be autoscaler while karpenter.enabled is false",
    ],
    ["Jobs for a Karpenter without pools", withKarpenter({}, { provisioner: "karpenter" }), "karpenter.nodePools must have a pool"],
    [
      "pods that both would order nodes for",
      withKarpenter({ batch: { dedicated: "none" } }),
      "karpenter.nodePools.batch.dedicated (none) must be NoSchedule with autoscaler.enabled",
    ],
    [
      "a zone in a region that has one",
      withKarpenter({ batch: { zones: ["gra11-a"] } }),
      'karpenter.nodePools.batch.zones (["gra11-a"]) must not be set in GRA11',
    ],
    [
      "more nodes of Karpenter's than the plan has",
      withKarpenter({ batch: { limits: { nodes: 101 } } }),
      "karpenter.nodePools.batch.limits.nodes (101) must be from 1 to 100",
    ],
    ["a name that is no label", withKarpenter({ Batch: {} }), "karpenter.nodePools.Batch must have a name of up to 40 lower-case letters"],
    [
      "more pools than a cluster may have",
      withKarpenter(Object.fromEntries(Array.from({ length: 99 }, (_, n) => [`p${n}`, {}]))),
      "karpenter.nodePools must leave room: a cluster has at most 100 node pools",
    ],
    [
      "a boot timeout that is shorter than a boot",
      { autoscaler: { nodeBootTimeoutSeconds: 60 } },
      "autoscaler.nodeBootTimeoutSeconds (60) must be at least 300",
    ],
    [
      "desiredNodes under minNodes",
      { pools: { compute: { minNodes: 5 } } },
      "pools.compute.desiredNodes (0) must be at least minNodes (5)",
    ],
    [
      "desiredNodes over maxNodes",
      { pools: { system: { desiredNodes: 4 } } },
      "pools.system.desiredNodes (4) must be at most maxNodes (3)",
    ],
    [
      "over 100 nodes on the free plan",
      { pools: { compute: { maxNodes: 101 } } },
      "pools.compute.maxNodes (101) must be at most the nodes of a cluster with the free plan (100)",
    ],
    [
      "more nodes than any plan has",
      { region: "RBX-A", cluster: { plan: "standard" }, network: {}, pools: { compute: { maxNodes: 501 } } },
      "pools.compute.maxNodes (501) must be at most the nodes of a cluster with the standard plan (500)",
    ],
    [
      "more nodes at all times than the plan has, over all pools",
      { pools: { compute: { minNodes: 60, desiredNodes: 60 }, other: { flavor: "b3-8", minNodes: 40, desiredNodes: 40 } } },
      "pools must have at most 100 minNodes together (101), the nodes of a cluster with the free plan",
    ],
    [
      "monthly billing of a third-generation flavor",
      { pools: { compute: { flavor: "b3-16", monthlyBilled: true } } },
      "pools.compute.monthlyBilled (true) must be false with the flavor b3-16: OVHcloud bills only b2, c2 and r2 by the month",
    ],
    [
      "a range of nodes that Kubernetes takes for pods",
      { network: { range: "10.244.0.0/16" } },
      "network.range (10.244.0.0/16) must not overlap 10.240.0.0/13",
    ],
    [
      "two private networks",
      { network: {}, cluster: { privateNetwork: { id: "net", nodesSubnetId: "sub" } } },
      "network must not be set with cluster.privateNetwork",
    ],
    [
      "anti-affinity over 5 nodes",
      { pools: { system: { antiAffinity: true, maxNodes: 6 } } },
      "pools.system.maxNodes (6) must be at most the nodes of a pool with antiAffinity (5)",
    ],
    [
      "a pool's name",
      { pools: { My_Pool: { flavor: "b2-7" } } },
      "pools.My_Pool must have a name of up to 63 lower-case letters, digits and '-'",
    ],
    [
      "a further pool without a flavor",
      { pools: { gpu: {} } },
      "pools.gpu.flavor is missing: instance flavor of the nodes; a change recreates the pool",
    ],
    ["a number as a text", { pools: { compute: { maxNodes: "10" } } }, 'pools.compute.maxNodes ("10") must be a number'],
    ["half a node", { pools: { compute: { maxNodes: 1.5 } } }, "pools.compute.maxNodes (1.5) must be a whole number"],
    ["a negative number", { pools: { compute: { minNodes: -1 } } }, "pools.compute.minNodes (-1) must be at least 0"],
    ["a version that YAML made a number", { cluster: { version: 1.34 } }, "cluster.version (1.34) must be a text"],
    ["a plan", { cluster: { plan: "fre" } }, "cluster.plan (fre) must be free or standard"],
    [
      "an address range",
      { cluster: { ipRestrictions: ["10.0.0.1"] } },
      "cluster.ipRestrictions.0 (10.0.0.1) must be an address range such as 203.0.113.0/24",
    ],
    ["a region", { region: "gra 11" }, "region (gra 11) must be a Public Cloud region such as GRA11"],
    ["a project", { serviceName: "my-project" }, "serviceName (my-project) must be the 32 hexadecimal digits of a Public Cloud project id"],
    [
      "a bucket's name",
      { storage: { bucketName: "My_Bucket" } },
      "storage.bucketName (My_Bucket) must follow the S3 rules: 3 to 63 characters",
    ],
    [
      "a URL without its scheme",
      { storage: { endpoint: "s3.example.com" } },
      "storage.endpoint (s3.example.com) must be an http or https URL",
    ],
    [
      "an object lock without versioning",
      { storage: { objectLock: { mode: "governance", days: 1 } } },
      "storage.versioning (false) must be true when objectLock is set",
    ],
    [
      "a lifecycle that does nothing",
      { storage: { lifecycle: {} } },
      "storage.lifecycle ({}) must have noncurrentDays, incompleteUploadDays or both",
    ],
    [
      "thumbnails among the videos",
      { thumbnails: { outputPrefix: "videos/small/" } },
      "thumbnails.outputPrefix (videos/small/) must not be under prefix (videos/)",
    ],
    [
      "a prefix without its slash",
      { thumbnails: { prefix: "videos" } },
      "thumbnails.prefix (videos) must be a key prefix that ends with '/'",
    ],
    ["a width out of range", { thumbnails: { width: 15 } }, "thumbnails.width (15) must be at least 16"],
    [
      "a registry with a tag",
      { images: { registry: "Registry/x:1 " } },
      "images.registry (Registry/x:1 ) must be a registry and path without a tag",
    ],
    ["a missing registry", { images: undefined }, "images.registry is missing: where the images"],
    [
      "a taint's effect",
      { pools: { system: { taints: [{ key: "a", effect: "Never" }] } } },
      "pools.system.taints.0.effect (Never) must be NoSchedule or PreferNoSchedule or NoExecute",
    ],
    ["a label's value", { pools: { system: { labels: { a: "b c" } } } }, "pools.system.labels.a (b c) must be a Kubernetes label value"],
    ["a label's name", { pools: { system: { labels: { "b c": "a" } } } }, "pools.system.labels.b c (b c) must be a Kubernetes label name"],
    ["a text in the place of an object", { cluster: "1.34" }, 'cluster ("1.34") must be an object'],
    ["broken JSON in the place of an object", { cluster: "{" }, 'cluster ("{") must be an object'],
    [
      "the size of a volume as CPU is told",
      { metrics: { storage: { size: "500m" } } },
      "metrics.storage.size (500m) must be at least 1Mi: 500m is 0.5 bytes; did you mean 500Mi?",
    ],
    ["too little memory for Prometheus", { metrics: { memory: "200Mi" } }, "metrics.memory (200Mi) must be at least 256Mi"],
    ["a URL without its scheme", { metrics: { alertmanagerUrl: "alerts:9093" } }, "metrics.alertmanagerUrl (alerts:9093) must be an http"],
    [
      "a namespace that cannot be one",
      { metrics: { allowedNamespaces: ["My_Grafana"] } },
      "metrics.allowedNamespaces.0 (My_Grafana) must be a Kubernetes namespace",
    ],
    [
      "a namespace with ScaledJobs that is KEDA's own",
      { keda: { namespaces: ["keda"] } },
      "keda.namespaces.0 (keda) must not be keda, where KEDA itself runs",
    ],
    [
      "a quantity",
      { namespace: { maxMemory: "10 GB" } },
      "namespace.maxMemory (10 GB) must be a positive Kubernetes quantity such as 512Mi or 2Gi",
    ],
  ])("is named with its value and the rule: %s", (_what, settings, message) => {
    expect(faults(settings)).toEqual([expect.stringContaining(message)]);
  });

  it("is told together with all the others, those that tie two settings included", () => {
    const found = faults(
      {
        serviceName: undefined,
        colour: "blue",
        pools: { compute: { minNodes: 5, desiredNodes: 5, maxNodes: 3, flaver: "c2-15" } },
        storage: { bucketName: "X" },
      },
      { env: {} },
    );
    expect(found.map((line) => line.split(" ")[0])).toEqual([
      "serviceName",
      "pools.compute.flaver",
      "storage.bucketName",
      "colour",
      "pools.compute.minNodes",
      "ovh:endpoint",
      "ovh:clientId",
      "ovh:clientSecret",
    ]);
  });

  it("is told where a queue lacks what it needs", () => {
    const queues = { orders: { query: "DELETE FROM orders", pool: "gpu", itemTries: 0 }, thumbnails: { query: "SELECT 1" } };
    expect(faults({ queues, database: { enabled: false, clientNamespaces: ["shop"] } })).toEqual(
      expect.arrayContaining([
        "queues.orders.query (DELETE FROM orders) must be a SELECT of one number",
        "queues.orders.itemTries (0) must be at least 1, not 0",
        "keda.enabled (false) must be true for the queues (orders, thumbnails): KEDA starts their runs",
        "database.enabled (false) must be true for the queues (orders, thumbnails), which are its tables",
        'database.clientNamespaces (["shop"]) must have batch, where the runs of the queues are',
        "queues.orders.pool (gpu) must be the name of a pool; there are system, compute",
        "queues.thumbnails must have another name: the sample workload has this one",
      ]),
    );
  });

  it("is told where a queue of records lacks what it needs, or has what is of rows", () => {
    const queues = {
      invoices: { topic: "order" },
      both: { query: "SELECT 1", topic: "orders" },
      neither: {},
      mixed: { topic: "orders", deadLettersQuery: "SELECT 1" },
    };
    const kafka = { enabled: false, topics: { orders: { partitions: 4 } }, clientNamespaces: ["shop"] };
    expect(faults({ queues, kafka, keda: { enabled: true }, database: { enabled: true } })).toEqual([
      "kafka.enabled (false) must be true for the queues (invoices, both, mixed), which are its topics",
      'kafka.clientNamespaces (["shop"]) must have batch, where the runs of the queues are',
      "queues.invoices.topic (order) must be one of kafka.topics; there are orders",
      "queues.both.topic (orders) must not be set with query: a queue has one kind of items",
      "queues.neither must have query, for rows of the database, or topic, for records of Kafka",
      "queues.mixed.deadLettersQuery (SELECT 1) must not be set without query: it is of rows, too",
    ]);
  });

  it("is told of Kafka, all at once", () => {
    const topics = { "a topic": {}, orders: { partitions: 0, replicas: 3 } };
    const wrong = { topics, retentionHours: 0, memory: "256Mi" };
    const kafka = {
      enabled: true,
      kind: "managed",
      ...wrong,
      managed: { version: "4", plan: "essential", ipRestrictions: ["203.0.113.0/24"] },
    };
    const found = faults({ kafka });
    for (const fault of [
      "kafka.topics.a topic (a topic) must have up to 249 letters",
      "kafka.topics.orders.partitions (0) must be at least 1",
      "kafka.topics.orders.replicas is not a setting",
      "kafka.retentionHours (0) must be at least 1",
      "kafka.memory (256Mi) must be at least 512Mi",
      "kafka.managed.version (4) must be a version such as 4.0",
      "kafka.managed.plan (essential) must be business or enterprise",
    ])
      expect(found).toContainEqual(expect.stringContaining(fault));
    expect(found).toHaveLength(7);
  });

  it.each(["database", "kafka"])("is told where nobody could connect to the managed %s", (service) => {
    const managed = (ipRestrictions: string[]) => ({ [service]: { enabled: true, kind: "managed", managed: { ipRestrictions } } });
    expect(faults(managed([]))).toEqual([
      expect.stringContaining(`${service}.managed.ipRestrictions ([]) must have a range, with the addresses of the nodes`),
    ]);
    expect(faults(managed(["203.0.113.0/24"]))).toEqual([]);
    expect(faults({ ...managed([]), network: {} })).toEqual([]);
  });

  it("is not shown when it is a secret", () => {
    const found = faults({ region: "hunter2" }, { secretKeys: ["ovh-mks-batch:region"] });
    expect(found).toEqual([expect.stringContaining("region ([secret]) must be")]);
  });
});

describe("bucket names", () => {
  it.each(["abc", "a".repeat(63), "my-bucket.2024", "1a2"])("may be %s", (bucketName) => {
    expect(faults({ storage: { bucketName } })).toEqual([]);
  });
  it.each(["ab", "a".repeat(64), "-abc", "abc-", "a..b", "192.168.0.1", "Abc", "a_b", "a b"])("may not be %s", (bucketName) => {
    expect(faults({ storage: { bucketName } })).toHaveLength(1);
  });
});
