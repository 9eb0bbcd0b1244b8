import { regionFacts } from "../../common/regions";
import { simulatedLabel } from "../cluster/nodes/node-object";
import { readCredentials } from "../daemon/credentials";
import { type Settings, usualRegion } from "../lib/settings";
import { addresses } from "../sandbox/addresses";

/**
 * A local node costs nothing to boot again, so it stays for a short time only, and all may go at once. Longer than the 20 s for which Karpenter keeps nodes for pods that it has planned on
 * them: it would look in between, find nothing to do, and look again after 5 minutes only.
 */
const consolidateAfterSeconds = 25;

/** The node pools of docs/scenarios/karpenter-*.md. None costs anything without pods. */
function karpenterPools({ region, kwokNodes }: Settings): Record<string, object> {
  const zones = regionFacts(region)?.zones ?? [];
  const disruption = { consolidateAfterSeconds, budgets: [{ nodes: "100%" }] };
  // Karpenter has to know of a label that some pods refuse before it has seen a node with it.
  const simulated = kwokNodes > 0 && { labels: { [simulatedLabel]: "true" } };
  return {
    batch: { flavors: ["b3-8", "b3-16"], disruption, ...simulated },
    apart: { flavors: ["b3-8"], antiAffinity: true, disruption, ...(zones.length > 0 && { zones: zones.slice(0, 1) }), ...simulated },
    // Nodes of many sizes are more than the machine has, unless they are simulated.
    ...(simulated && {
      choice: { families: ["b3", "c3", "r3"], disruption: { ...disruption, consolidationPolicy: "WhenEmpty" }, ...simulated },
    }),
    // Only flavors of the second generation are billed by the month.
    ...(zones.length === 0 && { monthly: { flavors: ["b2-7"], monthlyBilled: true, disruption, ...simulated } }),
  };
}

/** The stack in another region than the usual one. Where there are three zones, there are no flavors of the second generation, and each pool is in one zone. */
function regionOverrides({ region, realNodes, kwokNodes }: Settings): Record<string, object | string> {
  if (region === usualRegion) return {};
  const availabilityZones = regionFacts(region)?.zones.slice(0, 1) ?? [];
  // What the services need is no simulated node.
  const system = { flavor: "b3-8", availabilityZones, ...(kwokNodes > 0 && { maxNodes: realNodes }) };
  return { "ovh-mks-batch:region": region, "ovh-mks-batch:pools": { system, compute: { flavor: "b3-16", availabilityZones } } };
}

/** Of the one topic of the local cloud's Kafka: docs/scenarios/queue-spring-kafka.md. */
const invoices = {
  topic: "orders",
  image: "spring-batch",
  env: { SPRING_PROFILES_ACTIVE: "kafka", INVOICES_WORK: "100ms" },
  memory: "384Mi",
  itemsPerRun: 50,
  maxReplicas: 4,
  pollingSeconds: 5,
  taskDeadlineSeconds: 600,
};
const kafka = { enabled: true, topics: { orders: { partitions: 4 } }, volume: { size: "1Gi" }, cpu: "100m", memory: "768Mi" };

/** What the stack's configuration has to say of this local cloud's own addresses and images, by full key. */
export function localOverrides(settings: Settings): Record<string, unknown> {
  const { host } = addresses(settings);
  const { applicationKey, applicationSecret, consumerKey, clusterEndpoint: endpoint } = readCredentials() ?? {};
  const api = { endpoint, applicationKey, applicationSecret, consumerKey };
  const karpenter = { enabled: true, api, nodePools: karpenterPools(settings) };
  return {
    ...regionOverrides(settings),
    "ovh-mks-batch:storage": { endpoint: `http://${host}:${settings.s3Port}`, region: settings.storageRegion },
    "ovh-mks-batch:prices": { catalog: `http://${host}:${settings.apiPort}/1.0` },
    ...(settings.database === "on" && { "ovh-mks-batch:database": { enabled: true } }),
    ...(settings.java === "on" && { "ovh-mks-batch:kafka": kafka }),
    ...(settings.java === "on" && settings.database === "on" && settings.keda !== "off" && { "ovh-mks-batch:queues": { invoices } }),
    // Unlike MKS, a local cluster comes without a metrics-server.
    ...(settings.metrics === "on" && { "ovh-mks-batch:metrics": { enabled: true, metricsServer: "install" } }),
    ...(settings.karpenter === "on" && { "ovh-mks-batch:karpenter": karpenter }),
    ...(settings.keda !== "off" && { "ovh-mks-batch:keda": { enabled: true, scaledObjects: settings.keda === "scaled-objects" } }),
  };
}
