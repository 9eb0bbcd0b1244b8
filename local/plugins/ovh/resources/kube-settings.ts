import { list, required, text } from "../../protocol/shape";
import { equal, type Properties } from "../../protocol/values";
import type { Api } from "../common/api";
import { compact, type Definition, importId, project } from "../common/define";
import type { Call, Known } from "../../protocol/provider";
import { timeouts } from "../common/wait";
import { clusterReady, ignoreGone, whenReady } from "./cluster";

const clusterOf = (old: Known): Properties => {
  if (Object.keys(old.inputs).length > 0) return old.inputs;
  return importId(old.id, "serviceName", "kubeId");
};

const alone = <T>(api: Api, inputs: Properties, call: Call, action: () => Promise<T>) =>
  whenReady(api, inputs, String(inputs.kubeId), call, action);

const settle = (api: Api, inputs: Properties, call: Call) => clusterReady(api, inputs, String(inputs.kubeId), call, timeouts.clusterUpdate);

/** Which addresses reach the cluster's API server, `ovh.cloudproject.KubeIpRestrictions`. */
export const kubeIpRestrictions: Definition = {
  fields: { kubeId: required(text), ips: required(list(text)) },
  replace: ["kubeId"],
  async create(api, news, call) {
    return { id: String(news.kubeId), outputs: await this.update(api, { id: "", inputs: {}, outputs: {} }, news, call) };
  },
  async read(api, old) {
    const cluster = clusterOf(old);
    const ips = await api.find<string[]>(restrictions(cluster));
    if (!ips) return undefined;
    // The API does not keep their order.
    const same = Array.isArray(old.inputs.ips) && equal([...(old.inputs.ips as string[])].sort(), [...ips].sort());
    const inputs = { ...cluster, ips: same ? old.inputs.ips : ips };
    return { id: String(cluster.kubeId), inputs, outputs: inputs };
  },
  async update(api, _old, news, call) {
    await alone(api, news, call, () => api.put(restrictions(news), { ips: news.ips }));
    await settle(api, news, call);
    return news;
  },
  async delete(api, old, call) {
    if (!(await api.find(restrictions(old.inputs)))) return;
    await alone(api, old.inputs, call, () => api.put(restrictions(old.inputs), { ips: [] }).catch(ignoreGone));
    await settle(api, old.inputs, call);
  },
};

const restrictions = (owner: Properties): string => project(owner, "kube", owner.kubeId, "ipRestrictions");

/** The program's names of the OIDC settings, and the API's. */
const oidcNames = {
  clientId: "clientId",
  issuerUrl: "issuerUrl",
  oidcCaContent: "caContent",
  oidcGroupsClaims: "groupsClaim",
  oidcGroupsPrefix: "groupsPrefix",
  oidcRequiredClaims: "requiredClaim",
  oidcSigningAlgs: "signingAlgorithms",
  oidcUsernameClaim: "usernameClaim",
  oidcUsernamePrefix: "usernamePrefix",
} as const;

/** Who may log in to the cluster with an OIDC provider's tokens, `ovh.cloudproject.KubeOidc`. */
export const kubeOidc: Definition = {
  fields: {
    kubeId: required(text),
    clientId: required(text),
    issuerUrl: required(text),
    oidcCaContent: text,
    oidcGroupsClaims: list(text),
    oidcGroupsPrefix: text,
    oidcRequiredClaims: list(text),
    oidcSigningAlgs: list(text),
    oidcUsernameClaim: text,
    oidcUsernamePrefix: text,
  },
  replace: ["kubeId"],
  async create(api, news, call) {
    // A cluster has one setting at most: one that is there is the one of an interrupted creation, or a conflict that PUT resolves.
    const exists = await api.find<{ clientId?: string }>(oidc(news));
    await alone(api, news, call, () => (exists?.clientId ? api.put(oidc(news), oidcBody(news)) : api.post(oidc(news), oidcBody(news))));
    await settle(api, news, call);
    return { id: `${String(news.serviceName)}/${String(news.kubeId)}`, outputs: news };
  },
  async read(api, old) {
    const cluster = clusterOf(old);
    const found = await api.find<Properties>(oidc(cluster));
    if (!found?.clientId) return undefined;
    const now = Object.fromEntries(Object.entries(oidcNames).map(([input, field]) => [input, found[field]]));
    const inputs = compact({
      ...cluster,
      ...Object.fromEntries(Object.entries(now).filter(([, value]) => value !== "" && !equal(value, []))),
    });
    return { id: `${String(cluster.serviceName)}/${String(cluster.kubeId)}`, inputs, outputs: inputs };
  },
  async update(api, _old, news, call) {
    await alone(api, news, call, () => api.put(oidc(news), oidcBody(news)));
    await settle(api, news, call);
    return news;
  },
  async delete(api, old, call) {
    if (!(await api.find(oidc(old.inputs)))) return;
    await alone(api, old.inputs, call, () => api.delete(oidc(old.inputs)).catch(ignoreGone));
    await settle(api, old.inputs, call);
  },
};

const oidc = (owner: Properties): string => project(owner, "kube", owner.kubeId, "openIdConnect");

const oidcBody = (inputs: Properties): Properties =>
  Object.fromEntries(Object.entries(oidcNames).map(([input, field]) => [field, inputs[input]]));
