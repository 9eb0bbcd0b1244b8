import { compare } from "../protocol/diff";
import type { Provider } from "../protocol/provider";
import { equal, secret } from "../protocol/values";
import { Discovery, type Context } from "./cluster/discovery";
import { kindOf } from "./cluster/kinds";
import { createReach, type Reach } from "./resource/reach";
import { kubernetesResource } from "./resource/resource";
import { access, checkSettings, otherCluster, owner, type Settings, settingsOf } from "./cluster/settings";

export function kubernetesProvider(version: string): Provider {
  let settings: Settings = {};
  let connected: Promise<Context> | undefined;
  let reach: Reach | undefined;

  /** The kubeconfig is read with the first resource. */
  const context = (): Promise<Context> => (connected ??= connect(settings));
  const isThere: Reach["isThere"] = (call) => (reach ??= createReach(context, settings.deleteUnreachable)).isThere(call);

  return {
    name: "kubernetes",
    version,
    async checkConfig(news, olds) {
      const inputs = typeof news.kubeconfig === "string" ? { ...news, kubeconfig: secret(news.kubeconfig) } : news;
      // What was good the last time is not looked at again: parsing takes longer than all else that an unchanged provider does.
      return { inputs, failures: equal(news, olds) ? [] : await checkSettings(news) };
    },
    async diffConfig(olds, news) {
      const other = !equal(olds, news) && (await otherCluster(settingsOf(olds), settingsOf(news)));
      return compare(olds, news, other ? [["kubeconfig"], ["context"], ["cluster"], ["clusterIdentifier"]] : []);
    },
    configure(inputs) {
      settings = settingsOf(inputs);
    },
    resource: (type) => kubernetesResource(kindOf(type), settings, context, isThere),
    invoke: (token) => Promise.reject(new Error(`${token} is not known to ${owner}`)),
  };
}

async function connect(settings: Settings): Promise<Context> {
  const found = await access(settings);
  // Loaded with the kubeconfig's parser.
  const { Cluster } = await import("./cluster/client");
  const cluster = new Cluster(found);
  return { cluster, discovery: new Discovery(cluster), namespace: settings.namespace ?? found.namespace ?? "default" };
}
