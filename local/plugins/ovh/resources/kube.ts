import { messageOf } from "../../protocol/process";
import { type Call, InitFailed, sleep } from "../../protocol/provider";
import { list, object, oneOf, required, text, boolean } from "../../protocol/shape";
import { omit, type Properties, secret } from "../../protocol/values";
import type { Api } from "../common/api";
import { changed, compact, type Definition, importId, path, project, refreshed } from "../common/define";
import { createOnce } from "../common/interrupted";
import { kubeconfigOutputs } from "../common/kubeconfig";
import { timeouts, waitFor } from "../common/wait";
import { type Cluster, clusterReady, ignoreGone } from "./cluster";
import { customizationOf, customizationOutputs } from "./kube-customization";

const period = { minSyncPeriod: text, syncPeriod: text };

/** How long the API may go on to say READY after it was told to change something, in milliseconds. */
const staleness = 5_000;

/** A managed Kubernetes cluster, `ovh.cloudproject.Kube`. */
export const kube: Definition = {
  fields: {
    region: required(text),
    name: text,
    version: text,
    plan: oneOf("free", "standard"),
    updatePolicy: oneOf("ALWAYS_UPDATE", "MINIMAL_DOWNTIME", "NEVER_UPDATE"),
    kubeProxyMode: oneOf("iptables", "ipvs"),
    privateNetworkId: text,
    privateNetworkConfiguration: object({ defaultVrackGateway: required(text), privateNetworkRoutingAsDefault: required(boolean) }),
    nodesSubnetId: text,
    loadBalancersSubnetId: text,
    ipAllocationPolicy: object({ podsIpv4Cidr: text, servicesIpv4Cidr: text }),
    customizationApiservers: list(object({ admissionplugins: list(object({ enableds: list(text), disableds: list(text) })) })),
    customizationKubeProxy: object({
      iptables: object(period),
      ipvs: object({ ...period, scheduler: text, tcpFinTimeout: text, tcpTimeout: text, udpTimeout: text }),
    }),
  },
  replace: ["region", "kubeProxyMode", "privateNetworkId", "ipAllocationPolicy"],
  autonamed: true,

  async create(api, news, call) {
    const customization = customizationOf(news);
    const body = omit(news, "serviceName", "customizationApiservers", "customizationKubeProxy", "__defaults");
    const { id } = await createOnce(call.urn, {
      list: () => api.get<string[]>(project(news, "kube")),
      match: async (id) => {
        const cluster = await api.find<Cluster>(project(news, "kube", id));
        return cluster?.name === news.name && cluster?.region === news.region && cluster?.status !== "DELETING" ? cluster : undefined;
      },
      make: () => api.post<Cluster>(project(news, "kube"), { ...body, customization }),
      idOf: (cluster) => cluster.id,
    });
    return { id, outputs: await ready(api, id, news, news, call, timeouts.clusterCreate) };
  },

  async read(api, old) {
    const imported = Object.keys(old.inputs).length === 0;
    const { serviceName, kubeId } = imported
      ? importId(old.id, "serviceName", "kubeId")
      : { serviceName: old.inputs.serviceName, kubeId: old.id };
    const outputs = await readOutputs(api, kubeId, { serviceName }, old.outputs);
    if (!outputs) return undefined;
    const { region, name, version, plan, updatePolicy } = outputs;
    const inputs = imported ? { serviceName, region, name, version, plan, updatePolicy } : refreshed(old.inputs, outputs);
    return { id: kubeId, inputs, outputs };
  },

  async update(api, old, news, call) {
    const at = (...parts: string[]) => `${project(news, "kube", old.id)}${path(...parts)}`;
    const settle = async () => {
      await sleep(staleness, call.signal);
      return clusterReady(api, news, old.id, call, timeouts.clusterUpdate);
    };
    const has = changed(old, news);
    if (has.has("plan"))
      throw new Error("plan cannot be changed: OVHcloud does not migrate clusters between plans yet. Make a new cluster.");
    if (has.has("nodesSubnetId")) throw new Error("nodesSubnetId can be set only when the cluster is created. Make a new cluster.");
    if (has.has("customizationApiservers") || has.has("customizationKubeProxy")) {
      await api.put(at("customization"), customizationOf(news));
      await settle();
    }
    if (has.has("version")) {
      checkUpgrade(String(old.outputs.version ?? old.inputs.version), String(news.version));
      await api.post(at("update"), { strategy: "NEXT_MINOR" });
      await settle();
    }
    if (has.has("updatePolicy")) await api.put(at("updatePolicy"), { updatePolicy: news.updatePolicy });
    if (has.has("loadBalancersSubnetId"))
      await api.put(at("updateLoadBalancersSubnetId"), { loadBalancersSubnetId: news.loadBalancersSubnetId ?? "" });
    if (has.has("name")) await api.put(at(), { name: news.name });
    if (has.has("privateNetworkConfiguration")) await api.put(at("privateNetworkConfiguration"), news.privateNetworkConfiguration ?? {});
    return ready(api, old.id, news, { ...old.outputs, ...news }, call, timeouts.clusterUpdate);
  },

  async delete(api, old, call) {
    const at = project(old.inputs, "kube", old.id);
    if (!(await api.find<Cluster>(at))) return;
    await api.delete(at).catch(ignoreGone);
    await waitFor("deleting the cluster", call, timeouts.clusterDelete, async () => {
      const cluster = await api.find<Cluster>(at);
      call.status(`${cluster?.status ?? "deleted"}`);
      return cluster ? undefined : true;
    });
  },
};

/** "1.34" of "1.34.3-0": the API knows patches, the program only minor versions. */
export const minor = (version: string): string => version.split(".").slice(0, 2).join(".");

function checkUpgrade(from: string, to: string): void {
  const [old, wanted] = [from, to].map((version) => version.split(".").map(Number));
  if (old?.[0] === wanted?.[0] && (old?.[1] ?? 0) + 1 === wanted?.[1] && wanted?.length === 2) return;
  throw new Error(
    `version (${to}) must be the next minor version after ${from}: a cluster is upgraded one minor version at a time and never downgraded`,
  );
}

/** Waits for READY; a cluster that does not get there is kept in the state as not initialised. */
async function ready(api: Api, id: string, news: Properties, known: Properties, call: Call, timeout: number): Promise<Properties> {
  try {
    await clusterReady(api, news, id, call, timeout);
    const outputs = await readOutputs(api, id, news, {});
    if (!outputs) throw new Error(`the cluster ${id} is gone`);
    return outputs;
  } catch (error) {
    throw new InitFailed(id, known, [messageOf(error)]);
  }
}

export async function readOutputs(api: Api, id: string, known: Properties, old: Properties): Promise<Properties | undefined> {
  const cluster = await api.find<Cluster & Properties>(project(known, "kube", id));
  if (!cluster) return undefined;
  const kubeconfig = typeof old.kubeconfig === "string" && old.kubeconfigAttributes ? secrets(old) : await fetchKubeconfig(api, id, known);
  return compact({
    ...omit(cluster, "id", "customization"),
    ...customizationOutputs(cluster.customization),
    ...kubeconfig,
    version: minor(cluster.version),
    serviceName: known.serviceName,
  });
}

const secrets = ({ kubeconfig, kubeconfigAttributes }: Properties): Properties => ({
  kubeconfig: secret(kubeconfig),
  kubeconfigAttributes: secret(kubeconfigAttributes),
});

async function fetchKubeconfig(api: Api, id: string, known: Properties): Promise<Properties> {
  const { content } = await api.post<{ content: string }>(project(known, "kube", id, "kubeconfig"), undefined, { idempotent: true });
  return kubeconfigOutputs(content);
}
