import type { Call } from "../../protocol/provider";
import { boolean, list, number, required, text } from "../../protocol/shape";
import { omit, type Properties } from "../../protocol/values";
import type { Api } from "../common/api";
import { compact, type Definition, importId, project, refreshed } from "../common/define";
import { ApiError } from "../common/errors";
import { createOnce } from "../common/interrupted";
import { timeouts, waitFor } from "../common/wait";
import { ignoreGone } from "./cluster";

interface Network extends Properties {
  readonly id: string;
  readonly name: string;
  readonly vlanId: number;
  readonly status: string;
  readonly regions: readonly { readonly region: string; readonly status: string; readonly openstackId: string }[];
}

interface Subnet extends Properties {
  readonly id: string;
  readonly cidr: string;
  readonly gatewayIp: string | null;
  readonly ipPools: readonly { region: string; network: string; dhcp: boolean; start: string; end: string }[];
}

interface Operation {
  readonly id: string;
  readonly status: string;
  readonly resourceId?: string;
}

interface Gateway extends Properties {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly externalInformation?: unknown;
}

/** A private network, `ovh.cloudproject.NetworkPrivate`. */
export const networkPrivate: Definition = {
  fields: { name: text, regions: list(text), vlanId: number },
  replace: ["vlanId"],
  autonamed: true,

  async create(api, news, call) {
    const made = await createOnce<Network>(call.urn, {
      list: async () => (await api.get<Network[]>(project(news, "network", "private"))).map(({ id }) => id),
      match: async (id) => {
        const found = await api.find<Network>(project(news, "network", "private", id));
        return found?.name === news.name && found?.vlanId === (news.vlanId ?? 0) ? found : undefined;
      },
      make: () => api.post<Network>(project(news, "network", "private"), omit(news, "serviceName", "__defaults")),
      idOf: ({ id }) => id,
    });
    await waitFor(`the network ${made.id} is not ACTIVE: it`, call, timeouts.network, async () => {
      const status = (await api.find<Network>(project(news, "network", "private", made.id)))?.status;
      return status === "ACTIVE" || undefined;
    });
    return { id: made.id, outputs: (await networkOutputs(api, news, made.id)) ?? {} };
  },

  async read(api, old) {
    const imported = Object.keys(old.inputs).length === 0;
    const { networkId, ...owner } = imported ? importId(old.id, "serviceName", "networkId") : { ...old.inputs, networkId: old.id };
    const outputs = await networkOutputs(api, owner, String(networkId));
    if (!outputs) return undefined;
    const { name, regions, vlanId } = outputs;
    return { id: String(networkId), inputs: imported ? { ...owner, name, regions, vlanId } : refreshed(old.inputs, outputs), outputs };
  },

  async update(api, old, news) {
    const { regions } = (await networkOutputs(api, news, old.id)) ?? {};
    const missing = ((news.regions ?? []) as string[]).filter((region) => !(regions as string[] | undefined)?.includes(region));
    if (missing.length > 0) throw new Error(`regions cannot be added by the stand-in of the ovh plugin: ${missing.join(", ")}`);
    await api.put(project(news, "network", "private", old.id), { name: news.name });
    return (await networkOutputs(api, news, old.id)) ?? {};
  },

  async delete(api, old, call) {
    const at = project(old.inputs, "network", "private", old.id);
    await whenUnused(call, () => api.delete(at).catch(ignoreGone));
    await waitFor("deleting the network", call, timeouts.network, async () => ((await api.find(at)) ? undefined : true));
  },
};

async function networkOutputs(api: Api, owner: Properties, id: string): Promise<Properties | undefined> {
  const network = await api.find<Network>(project(owner, "network", "private", id));
  if (!network) return undefined;
  const { name, vlanId, status, type, regions } = network;
  return {
    serviceName: owner.serviceName,
    name,
    vlanId,
    status,
    type,
    regions: regions.map(({ region }) => region),
    regionsAttributes: regions.map(({ region, status: state, openstackId }) => ({ region, status: state, openstackid: openstackId })),
    regionsOpenstackIds: Object.fromEntries(regions.map(({ region, openstackId }) => [region, openstackId])),
    regionsStatuses: regions.map(({ region, status: state }) => ({ region, status: state })),
  };
}

/** A subnet of a private network, `ovh.cloudproject.NetworkPrivateSubnet`. Every change makes a new one. */
export const networkPrivateSubnet: Definition = {
  fields: {
    networkId: required(text),
    region: required(text),
    network: required(text),
    start: required(text),
    end: required(text),
    dhcp: boolean,
    noGateway: boolean,
  },
  replace: ["networkId", "region", "network", "start", "end", "dhcp", "noGateway"],

  async create(api, news, call) {
    const at = project(news, "network", "private", news.networkId, "subnet");
    const made = await createOnce<Subnet>(call.urn, {
      list: async () => (await api.get<Subnet[]>(at)).map(({ id }) => id),
      match: async (id) => (await api.get<Subnet[]>(at)).find((subnet) => subnet.id === id && subnet.cidr === news.network),
      make: () => api.post<Subnet>(at, { dhcp: false, noGateway: false, ...omit(news, "__defaults") }),
      idOf: ({ id }) => id,
    });
    return { id: made.id, outputs: subnetOutputs(news, made) };
  },

  async read(api, old) {
    const imported = Object.keys(old.inputs).length === 0;
    const { subnetId, ...owner } = imported
      ? importId(old.id, "serviceName", "networkId", "subnetId")
      : { serviceName: old.inputs.serviceName, networkId: old.inputs.networkId, subnetId: old.id };
    const subnets = await api.find<Subnet[]>(project(owner, "network", "private", owner.networkId, "subnet"));
    const found = subnets?.find(({ id }) => id === subnetId);
    if (!found) return undefined;
    const outputs = subnetOutputs(owner, found);
    const { networkId, region, network, start, end, dhcp, noGateway } = outputs;
    const inputs = imported ? { ...owner, networkId, region, network, start, end, dhcp, noGateway } : refreshed(old.inputs, outputs);
    return { id: String(subnetId), inputs, outputs };
  },

  update: () => Promise.reject(new Error("a subnet cannot be changed")),

  /** One call, as the official plugin: OVHcloud refuses it as long as anything has an address in the subnet. */
  async delete(api, old) {
    await api.delete(project(old.inputs, "network", "private", old.inputs.networkId, "subnet", old.id)).catch(ignoreGone);
  },
};

function subnetOutputs(owner: Properties, { cidr, gatewayIp, ipPools }: Subnet): Properties {
  const [pool] = ipPools;
  return compact({ serviceName: owner.serviceName, networkId: owner.networkId, cidr, gatewayIp, ipPools, ...pool, noGateway: !gatewayIp });
}

/** A gateway from a subnet to the internet, `ovh.cloudproject.Gateway`. */
export const gateway: Definition = {
  fields: { name: text, model: required(text), region: required(text), networkId: required(text), subnetId: required(text) },
  replace: ["region", "networkId", "subnetId"],
  autonamed: true,

  async create(api, news, call) {
    const all = project(news, "region", news.region, "gateway");
    const made = await createOnce<{ readonly id: string }>(call.urn, {
      list: async () => (await api.get<Gateway[]>(all)).map(({ id }) => id),
      match: async (id) => (await api.get<Gateway[]>(all)).find((one) => one.id === id && one.name === news.name),
      make: async () => {
        const at = project(news, "region", news.region, "network", news.networkId, "subnet", news.subnetId, "gateway");
        const { id } = await api.post<Operation>(at, { name: news.name, model: news.model });
        return { id: (await finished(api, news, id, call)).resourceId ?? "" };
      },
      idOf: ({ id }) => id,
    });
    await waitFor(`the gateway ${made.id} is not active: it`, call, timeouts.network, async () => {
      const found = await api.find<Gateway>(project(news, "region", news.region, "gateway", made.id));
      return found?.status === "active" || undefined;
    });
    return { id: made.id, outputs: (await gatewayOutputs(api, news, made.id)) ?? {} };
  },

  async read(api, old) {
    const imported = Object.keys(old.inputs).length === 0;
    const { gatewayId, ...owner } = imported
      ? importId(old.id, "serviceName", "region", "gatewayId")
      : { ...old.inputs, gatewayId: old.id };
    const outputs = await gatewayOutputs(api, owner, String(gatewayId));
    if (!outputs) return undefined;
    const { name, model } = outputs;
    return { id: String(gatewayId), inputs: imported ? { ...owner, name, model } : refreshed(old.inputs, outputs), outputs };
  },

  async update(api, old, news) {
    await api.put(project(news, "region", news.region, "gateway", old.id), { name: news.name, model: news.model });
    return (await gatewayOutputs(api, news, old.id)) ?? {};
  },

  async delete(api, old, call) {
    const at = project(old.inputs, "region", old.inputs.region, "gateway", old.id);
    const operation = await whenUnused(call, () => api.delete<Operation>(at).catch(ignoreGone));
    if (operation) await finished(api, old.inputs, operation.id, call);
  },
};

async function gatewayOutputs(api: Api, owner: Properties, id: string): Promise<Properties | undefined> {
  const found = await api.find<Gateway>(project(owner, "region", owner.region, "gateway", id));
  if (!found) return undefined;
  const { externalInformation, ...rest } = omit(found, "id");
  return compact({
    ...rest,
    serviceName: owner.serviceName,
    region: owner.region,
    networkId: owner.networkId,
    subnetId: owner.subnetId,
    externalInformations: externalInformation === undefined ? [] : [externalInformation],
  });
}

/** Waits until the API has done what it took on. */
const finished = (api: Api, owner: Properties, id: string, call: Call): Promise<Operation> =>
  waitFor(`the operation ${id}`, call, timeouts.network, async () => {
    const operation = await api.get<Operation>(project(owner, "operation", id));
    if (operation.status === "in-error") throw new Error(`the operation ${id} has status in-error`);
    return operation.status === "completed" ? operation : undefined;
  });

/** Does something that the API refuses as long as something that is being deleted uses it. */
async function whenUnused<T>(call: Call, action: () => Promise<T>): Promise<T> {
  const { value } = await waitFor("deletion", call, timeouts.network, async () => {
    try {
      return { value: await action() };
    } catch (error) {
      if (error instanceof ApiError && error.status === 409) return undefined;
      throw error;
    }
  });
  return value;
}
