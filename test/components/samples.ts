import type * as pulumi from "@pulumi/pulumi";
import { Autoscaler, type AutoscalerArgs } from "../../components/autoscaler";
import type { ApiAccessArgs } from "../../components/kubernetes/api-access";
import { BatchController, type BatchControllerArgs } from "../../components/batch-controller";
import { MksCluster, type MksClusterArgs } from "../../components/cluster";
import { Database, type DatabaseArgs, ManagedDatabase, type ManagedDatabaseArgs } from "../../components/database";
import { NodePool, type NodePoolArgs } from "../../components/cluster/node-pool";
import { Kafka, type KafkaArgs, ManagedKafka, type ManagedKafkaArgs } from "../../components/kafka";
import { Karpenter, type KarpenterArgs, KarpenterNodePool, type KarpenterNodePoolArgs } from "../../components/karpenter";
import { Keda, type KedaArgs, KedaWebhooks } from "../../components/keda";
import { QueueJob, type QueueJobArgs } from "../../components/keda/queue-job";
import {
  AggregatedApi,
  type AggregatedApiArgs,
  AutoscaledService,
  type AutoscaledServiceArgs,
  Prometheus,
  type PrometheusArgs,
} from "../../components/metrics";
import { BatchNamespace, type BatchNamespaceArgs } from "../../components/namespace";
import { PrivateNetwork, type PrivateNetworkArgs } from "../../components/network";
import { ObjectStorage, type ObjectStorageArgs } from "../../components/storage";

/** Args with only what each component must have. */

export const clusterArgs: MksClusterArgs = { serviceName: "project", clusterName: "my-cluster", region: "GRA11", version: "1.35" };

export const networkArgs: PrivateNetworkArgs = {
  serviceName: "project",
  region: "EU-WEST-PAR",
  networkName: "my-network",
  range: "192.168.0.0/20",
};

export const poolArgs: NodePoolArgs = {
  serviceName: "project",
  clusterId: "cluster-id",
  poolName: "compute",
  flavor: "c2-15",
  minNodes: 0,
  maxNodes: 100,
  desiredNodes: 0,
};

export const storageArgs: ObjectStorageArgs = { serviceName: "project", region: "GRA", bucketPrefix: "my-batch" };

export const namespaceArgs: BatchNamespaceArgs = {
  namespace: "batch",
  bucket: {
    name: "my-bucket",
    endpoint: "https://s3.gra.io.cloud.ovh.net",
    region: "gra",
    credentials: { accessKeyId: "ACCESS", secretAccessKey: "s3-secret" },
    operatorCredentials: { accessKeyId: "OPERATOR", secretAccessKey: "s3-secret of operators" },
  },
  maxPods: 100,
  defaultCpu: "100m",
  defaultMemory: "256Mi",
};

export const apiArgs: ApiAccessArgs = {
  endpoint: "ovh-eu",
  serviceName: "project",
  clusterId: "cluster-id",
  applicationKey: "the-key",
  applicationSecret: "the-secret",
  consumerKey: "the-consumer",
};

export const autoscalerArgs: AutoscalerArgs = {
  namespace: "autoscaler",
  image: "registry.example.com/autoscaler:1",
  pool: "system",
  replicas: 1,
  scaleDownDelaySeconds: 60,
  nodeBootTimeoutSeconds: 1200,
  gpuNodeBootTimeoutSeconds: 5400,
  expendablePodsPriorityCutoff: -10,
  extendedResources: {},
  maxNodes: 100,
  logLevel: "info",
  billing: "hourly",
  prices: { catalog: "https://eu.api.ovh.com/1.0", subsidiary: "FR", nodeHour: {} },
};

export const batchControllerArgs: BatchControllerArgs = {
  namespace: "batch",
  operatorNamespace: "batch-operator",
  bucket: {
    name: "my-bucket",
    endpoint: "https://s3.gra.io.cloud.ovh.net",
    region: "gra",
    operatorCredentials: { accessKeyId: "OPERATOR", secretAccessKey: "s3-secret of operators" },
  },
  image: "registry.example.com/batch-controller:1",
  pool: "system",
  replicas: 1,
};

export const karpenterArgs: KarpenterArgs = {
  kubeconfig: "the kubeconfig",
  image: "registry.example.com/karpenter:1",
  pool: "system",
  replicas: 1,
  api: { ...apiArgs, region: "GRA11" },
  billing: "perSecond",
  prices: { catalog: "https://eu.api.ovh.com/1.0", subsidiary: "FR" },
};

export const karpenterPoolArgs: KarpenterNodePoolArgs = {
  serviceName: "project",
  clusterId: "cluster-id",
  region: "GRA11",
  poolName: "batch",
};

export const kedaArgs: KedaArgs = {
  kubeconfig: "the kubeconfig",
  installation: "install",
  namespaces: ["batch"],
  image: "registry.example.com/keda-operator:1",
  pool: "system",
};

export const aggregatedApiArgs: AggregatedApiArgs = {
  namespace: "metrics",
  image: "registry.example.com/server:1",
  appName: "server",
  groups: ["things.example.com"],
  version: "v1beta1",
  arguments: ["--flag"],
  rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["list"] }],
  resources: { requests: { cpu: "50m", memory: "64Mi" } },
  replicas: 1,
};

export const prometheusArgs: PrometheusArgs = {
  namespace: "metrics",
  image: "registry.example.com/prometheus:1",
  scrapeIntervalSeconds: 15,
  retentionDays: 7,
  memory: "1Gi",
};

export const serviceArgs: AutoscaledServiceArgs = {
  namespace: "services",
  image: "registry.example.com/podinfo:1",
  serviceName: "podinfo",
  port: 9898,
  cpu: "50m",
  memory: "64Mi",
  minReplicas: 2,
  maxReplicas: 10,
  targets: { cpuPercent: 80 },
};

export const queueArgs: QueueJobArgs = {
  image: "registry.example.com/sql-batch:1",
  triggers: [
    {
      postgresql: {
        query: "SELECT count(*) FROM orders WHERE status IN ('waiting', 'running')",
        connection: { secret: "orders-db", key: "uri" },
      },
    },
  ],
};

export const databaseArgs: DatabaseArgs = {
  namespace: "database",
  image: "registry.example.com/postgresql:1",
  database: "orders",
  user: "app",
  clientNamespaces: ["batch"],
  volume: { size: "10Gi" },
  cpu: "250m",
  memory: "512Mi",
  backup: { schedule: "0 3 * * *", keep: 14, bucket: batchControllerArgs.bucket },
};

export const managedDatabaseArgs: ManagedDatabaseArgs = {
  serviceName: "project",
  region: "GRA",
  plan: "essential",
  flavor: "db1-4",
  version: "17",
  ipRestrictions: ["203.0.113.7/32"],
  database: "orders",
  clientNamespaces: ["batch"],
};

export const kafkaArgs: KafkaArgs = {
  namespace: "kafka",
  image: "registry.example.com/kafka:1",
  topics: [{ name: "orders", partitions: 4 }],
  clientNamespaces: ["batch"],
  volume: { size: "10Gi" },
  cpu: "250m",
  memory: "1Gi",
};

export const managedKafkaArgs: ManagedKafkaArgs = {
  serviceName: "project",
  region: "GRA",
  plan: "business",
  flavor: "db1-4",
  version: "4.0",
  ipRestrictions: ["203.0.113.7/32"],
  topics: [{ name: "orders", partitions: 4 }],
  clientNamespaces: ["batch"],
};

/** Every component, made with all that makes it create children. */
export const components: Record<string, (name: string, opts?: pulumi.ComponentResourceOptions) => pulumi.ComponentResource> = {
  MksCluster: (name, opts) =>
    new MksCluster(
      name,
      { ...clusterArgs, ipRestrictions: ["203.0.113.0/24"], oidc: { clientId: "id", issuerUrl: "https://id.example.com" } },
      opts,
    ),
  NodePool: (name, opts) => new NodePool(name, poolArgs, opts),
  PrivateNetwork: (name, opts) => new PrivateNetwork(name, networkArgs, opts),
  ObjectStorage: (name, opts) => new ObjectStorage(name, { ...storageArgs, lifecycle: { noncurrentDays: 30 } }, opts),
  BatchNamespace: (name, opts) => new BatchNamespace(name, namespaceArgs, opts),
  AggregatedApi: (name, opts) =>
    new AggregatedApi(
      name,
      {
        ...aggregatedApiArgs,
        replicas: 2,
        config: "{}",
        readers: [{ group: "things.example.com", serviceAccount: { name: "reader", namespace: "kube-system" } }],
      },
      opts,
    ),
  Database: (name, opts) => new Database(name, databaseArgs, opts),
  Kafka: (name, opts) => new Kafka(name, kafkaArgs, opts),
  ManagedKafka: (name, opts) => new ManagedKafka(name, managedKafkaArgs, opts),
  ManagedDatabase: (name, opts) => new ManagedDatabase(name, managedDatabaseArgs, opts),
  Prometheus: (name, opts) => new Prometheus(name, { ...prometheusArgs, storage: { size: "20Gi" } }, opts),
  AutoscaledService: (name, opts) => new AutoscaledService(name, serviceArgs, opts),
  Autoscaler: (name, opts) => new Autoscaler(name, { ...autoscalerArgs, replicas: 2, api: apiArgs }, opts),
  Keda: (name, opts) =>
    new Keda(
      name,
      {
        ...kedaArgs,
        namespaces: ["batch", "other"],
        scaledObjects: true,
        pullSecret: { registry: "registry.example.com", username: "robot", password: "the-token" },
      },
      opts,
    ),
  Karpenter: (name, opts) =>
    new Karpenter(
      name,
      {
        ...karpenterArgs,
        replicas: 2,
        pullSecret: { registry: "registry.example.com", username: "robot", password: "the-token" },
      },
      opts,
    ),
  KarpenterNodePool: (name, opts) => new KarpenterNodePool(name, karpenterPoolArgs, opts),
  KedaWebhooks: (name, opts) =>
    new KedaWebhooks(name, { namespace: "keda", image: "registry.example.com/keda-webhooks:1", pool: "system" }, opts),
  QueueJob: (name, opts) => new QueueJob(name, queueArgs, opts),
  BatchController: (name, opts) =>
    new BatchController(
      name,
      {
        ...batchControllerArgs,
        replicas: 2,
        notifications: { targets: [] },
        pullSecret: { registry: "registry.example.com", username: "robot", password: "the-token" },
      },
      opts,
    ),
};
