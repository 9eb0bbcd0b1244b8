import * as ovh from "@ovhcloud/pulumi-ovh";
import * as pulumi from "@pulumi/pulumi";
import { Autoscaler } from "../components/autoscaler";
import { BatchController } from "../components/batch-controller";
import type { Billing } from "../common/billing";
import { MksCluster } from "../components/cluster";
import type { DatabaseOutputs } from "../components/database";
import type { KafkaOutputs } from "../components/kafka";
import { NodePool } from "../components/cluster/node-pool";
import { nodesOfPlan } from "../common/plans";
import { regionFacts } from "../common/regions";
import { BatchNamespace } from "../components/namespace";
import { PrivateNetwork } from "../components/network";
import { ObjectStorage } from "../components/storage";
import type { Settings } from "./config";
import type { Credentials } from "./credentials";
import { createDatabase } from "./database";
import { checkFlavors } from "./flavors";
import { accountOf } from "./images";
import { createKafka } from "./kafka";
import { createKarpenter } from "./karpenter";
import { createKeda } from "./keda";
import { loadConfig } from "./load";
import { autoscalerNamespace, createMetrics, metricsNamespace } from "./metrics";
import { batchNamespace } from "./names";
import { taintsOf } from "./pools";
import { checkPresent } from "./present";
import { billingOf, clusterFeesOf, hasThreeZones, type Prices, pricesOf } from "./prices";
import { createQueues } from "./queues";
import { createThumbnails } from "./thumbnails";
import { checkVersion } from "./versions";
import { warningsOf } from "./warnings";

/**
 * The program of every stack. What sets one stack apart from another is in its Pulumi.<stack>.yaml, whose settings are
 * in config.ts.
 *
 * @returns the stack's outputs
 */
export async function deploy() {
  const { settings, credentials, endpoint } = loadConfig();
  const prices = pricesOf(settings, endpoint);
  const billing = billingOf(settings, endpoint);
  const provider = createProvider(credentials);
  const flavors = checkFlavors(settings, provider);
  // A preview makes nothing, and so need not wait; a fault fails it all the same.
  if (!pulumi.runtime.isDryRun()) await flavors;
  for (const warning of warningsOf(settings, endpoint)) void pulumi.log.warn(warning);

  const network = createNetwork(settings, { providers: [provider] });
  const cluster = createCluster(settings, network, { providers: [provider] });
  const checked = Promise.all([flavors, checkVersion(settings, cluster, endpoint), checkPresent(settings, cluster)]);
  const pools = createPools(settings, cluster, { providers: [provider, cluster.kubernetes] });
  const storage = createStorage(settings, { providers: [provider] });
  // Pods must be gone before their nodes are, so all that runs in the cluster is created after the pools and deleted before them.
  const inCluster = { providers: [cluster.kubernetes], dependsOn: Object.values(pools) };
  const namespace = createNamespace(settings, storage, inCluster);
  // It needs no more of the namespaces than what its parameters name, and this.
  const controller = createController(settings, { storage, namespace }, { ...inCluster, dependsOn: [namespace.operatorS3Secret] });
  const autoscaler = createAutoscaler(settings, { prices, billing }, cluster, inCluster);
  const karpenter = createKarpenter(settings, { prices, billing }, cluster, inCluster);
  createMetrics(settings, cluster, inCluster);
  const keda = createKeda(settings, cluster, { ...inCluster, dependsOn: [namespace] });
  const { kubernetes } = cluster;
  const servers = { providers: [provider, kubernetes], kubernetes, dependsOn: [...inCluster.dependsOn, namespace] };
  const database = createDatabase(settings, { network, bucket: bucketOf(storage) }, servers);
  const kafka = createKafka(settings, { network }, servers);
  createQueues(
    settings,
    { namespace, database, kafka, prices: { ...prices, billing } },
    { ...inCluster, dependsOn: [namespace, ...[keda, database, kafka, controller, autoscaler].filter((one) => one !== undefined)] },
  );
  const thumbnails = createThumbnails(
    settings,
    { cluster, storage, namespace, prices: { ...prices, billing } },
    { dependsOn: [namespace, ...[controller, autoscaler].filter((one) => one !== undefined), ...karpenter] },
  );
  await checked;
  const fees = clusterFeesOf(settings);

  return {
    clusterId: cluster.clusterId,
    kubeconfig: cluster.kubeconfig,
    nodePools: Object.fromEntries(Object.entries(pools).map(([name, pool]) => [name, pool.poolId])),
    bucket: storage.bucketName,
    s3Endpoint: storage.endpoint,
    s3Region: storage.region,
    s3Credentials: storage.operator.credentials,
    namespace: namespace.namespaceName,
    nodeBilling: billing,
    ...(settings.karpenter.enabled && { provisioner: settings.karpenter.provisioner }),
    ...(fees.length > 0 && { clusterFees: fees }),
    ...(database && { database: databaseOutputs(database) }),
    ...(kafka && { kafka: kafkaOutputs(kafka) }),
    ...(thumbnails && {
      thumbnails: {
        status: thumbnails.status,
        counts: thumbnails.counts,
        startedAt: thumbnails.startedAt,
        finishedAt: thumbnails.finishedAt,
        // A row for each video would fill every update's output.
        table: `mks-batch status thumbnails --tasks --stack ${pulumi.getStack()}`,
      },
    }),
  };
}

const databaseOutputs = ({ host, port, database, user, passwordSecret }: DatabaseOutputs) => ({
  host,
  port,
  database,
  user,
  passwordSecret,
});
const kafkaOutputs = ({ bootstrapServers, tls, accessSecret }: KafkaOutputs) => ({ bootstrapServers, tls, accessSecret });

const fullName = (): string => `${pulumi.getProject()}-${pulumi.getStack()}`;

function createProvider(credentials: Credentials): ovh.Provider {
  return new ovh.Provider("ovh", Object.fromEntries(Object.entries(credentials).map(([name, value]) => [name, pulumi.secret(value)])));
}

function createNetwork({ serviceName, region, network }: Settings, opts: pulumi.ComponentResourceOptions): PrivateNetwork | undefined {
  return network && new PrivateNetwork("network", { serviceName, region, networkName: fullName(), ...network }, opts);
}

function createCluster(
  { serviceName, region, cluster }: Settings,
  network: PrivateNetwork | undefined,
  opts: pulumi.ComponentResourceOptions,
): MksCluster {
  const made = network && {
    privateNetwork: { id: network.networkId, nodesSubnetId: network.subnetId },
    // Nodes reach the Kubernetes API from there.
    ...(cluster.ipRestrictions.length > 0 && {
      ipRestrictions: [...cluster.ipRestrictions, pulumi.interpolate`${network.gatewayAddress}/32`],
    }),
  };
  return new MksCluster("cluster", { serviceName, region, clusterName: fullName(), ...cluster, ...made }, opts);
}

function createPools({ serviceName, pools }: Settings, { clusterId }: MksCluster, opts: pulumi.ComponentResourceOptions) {
  const entries = Object.entries(pools).map(
    ([poolName, { dedicated, taints, ...pool }]) =>
      [
        poolName,
        new NodePool(poolName, { serviceName, clusterId, poolName, ...pool, taints: taintsOf({ dedicated, taints }) }, opts),
      ] as const,
  );
  return Object.fromEntries(entries);
}

function createStorage({ serviceName, region, storage }: Settings, opts: pulumi.ComponentResourceOptions): ObjectStorage {
  // With an endpoint of one's own, the name of an unknown region does as well as any.
  const storageRegion = storage.region ?? regionFacts(region)?.storage ?? region;
  return new ObjectStorage("storage", { serviceName, ...storage, region: storageRegion, bucketPrefix: fullName() }, opts);
}

function createNamespace(
  { namespace, metrics, images }: Settings,
  storage: ObjectStorage,
  opts: pulumi.ComponentResourceOptions,
): BatchNamespace {
  const bucket = { ...bucketOf(storage), credentials: storage.tasks.credentials };
  const scrapedFrom = metrics.enabled ? metricsNamespace : undefined;
  const args = { namespace: batchNamespace, bucket, pullSecret: accountOf(images), ...namespace, scrapedFrom };
  return new BatchNamespace("batch", args, opts);
}

const bucketOf = ({ bucketName: name, endpoint, region, operator }: ObjectStorage) => ({
  name,
  endpoint,
  region,
  operatorCredentials: operator.credentials,
});

function createController(
  { controller, images, karpenter, metrics, pools }: Settings,
  { storage, namespace }: { readonly storage: ObjectStorage; readonly namespace: BatchNamespace },
  opts: pulumi.ComponentResourceOptions,
): BatchController | undefined {
  const { enabled, replicas, notifications } = controller;
  if (!enabled) return undefined;
  const args = {
    namespace: namespace.namespaceName,
    operatorNamespace: namespace.operatorNamespace.metadata.name,
    bucket: bucketOf(storage),
    image: `${images.registry}/batch-controller:${images.tag}`,
    pullSecret: accountOf(images),
    pool: "system",
    poolTaints: taintsOf(pools.system),
    replicas,
    ...(notifications && { notifications: pulumi.secret(notifications) }),
    scrapedFrom: metrics.enabled ? metricsNamespace : undefined,
    karpenter: karpenter.enabled,
  };
  return new BatchController("batch-controller", args, opts);
}

function createAutoscaler(
  settings: Settings,
  money: { readonly prices: Prices; readonly billing: Billing },
  { clusterId }: MksCluster,
  opts: pulumi.ComponentResourceOptions,
): Autoscaler | undefined {
  const { serviceName, images } = settings;
  const { enabled, api, ...rest } = settings.autoscaler;
  if (!enabled) return undefined;
  const image = `${images.registry}/autoscaler:${images.tag}`;
  const poolTaints = taintsOf(settings.pools.system);
  const access = api && { ...api, serviceName, clusterId };
  const args = {
    namespace: autoscalerNamespace,
    image,
    pullSecret: accountOf(images),
    pool: "system",
    poolTaints,
    ...rest,
    maxNodes: nodesOfPlan[settings.cluster.plan],
    ...money,
    threeZones: hasThreeZones(settings),
    api: access,
  };
  return new Autoscaler("autoscaler", args, opts);
}
