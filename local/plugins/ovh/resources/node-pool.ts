import { plural } from "../../../../common/text";
import { messageOf } from "../../protocol/process";
import { type Call, InitFailed } from "../../protocol/provider";
import { boolean, list, map, number, object, required, text } from "../../protocol/shape";
import { isObject, omit, type Properties } from "../../protocol/values";
import type { Api } from "../common/api";
import { changed, compact, type Definition, importId, project, refreshed } from "../common/define";
import { createOnce } from "../common/interrupted";
import { timeouts, waitFor } from "../common/wait";
import { ignoreGone, whenReady } from "./cluster";

interface Pool extends Properties {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly flavor: string;
  readonly desiredNodes: number;
  readonly availableNodes: number;
}

const autoscalingInputs = {
  autoscalingScaleDownUnneededTimeSeconds: "scaleDownUnneededTimeSeconds",
  autoscalingScaleDownUnreadyTimeSeconds: "scaleDownUnreadyTimeSeconds",
  autoscalingScaleDownUtilizationThreshold: "scaleDownUtilizationThreshold",
} as const;

/** A node pool, `ovh.cloudproject.KubeNodePool`. */
export const nodePool: Definition = {
  fields: {
    kubeId: required(text),
    flavorName: required(text),
    name: text,
    desiredNodes: number,
    minNodes: number,
    maxNodes: number,
    autoscale: boolean,
    antiAffinity: boolean,
    monthlyBilled: boolean,
    availabilityZones: list(text),
    attachFloatingIps: object({ enabled: boolean }),
    template: object({
      metadata: required(object({ annotations: required(map(text)), finalizers: required(list(text)), labels: required(map(text)) })),
      spec: required(object({ taints: required(list(map(text))), unschedulable: required(boolean) })),
    }),
    ...Object.fromEntries(Object.keys(autoscalingInputs).map((name) => [name, number])),
  },
  replace: ["kubeId", "flavorName", "name", "antiAffinity", "monthlyBilled", "availabilityZones"],
  autonamed: true,

  async create(api, news, call) {
    const { id } = await createOnce(call.urn, {
      list: async () => (await api.get<Pool[]>(at(news))).map((pool) => pool.id),
      match: async (id) => {
        const pool = await api.find<Pool>(at(news, id));
        return pool?.name === news.name && pool?.status !== "DELETING" ? pool : undefined;
      },
      make: () => whenReady(api, news, String(news.kubeId), call, () => api.post<Pool>(at(news), body(news))),
      idOf: (pool) => pool.id,
    });
    return { id, outputs: await ready(api, id, news, news, call, () => true) };
  },

  async read(api, old) {
    const imported = Object.keys(old.inputs).length === 0;
    const { poolId, ...owner } = imported ? importId(old.id, "serviceName", "kubeId", "poolId") : { ...old.inputs, poolId: old.id };
    const pool = await api.find<Pool>(at(owner, poolId));
    if (!pool) return undefined;
    const outputs = outputsOf(pool, owner);
    const { flavorName, name, desiredNodes, minNodes, maxNodes, autoscale, antiAffinity, monthlyBilled } = outputs;
    const inputs = imported
      ? { ...owner, flavorName, name, desiredNodes, minNodes, maxNodes, autoscale, antiAffinity, monthlyBilled }
      : refreshed(old.inputs, outputs);
    return { id: poolId, inputs, outputs };
  },

  async update(api, old, news, call) {
    const has = changed(old, news);
    const { autoscaling, template, ...plain } = body(news);
    const sizes = Object.fromEntries(Object.entries(plain).filter(([name]) => has.has(name)));
    const scaling = Object.keys(autoscalingInputs).some((name) => has.has(name));
    // As the official plugin 2.19.1 does, whatever the program leaves out or ignores: the size of the state goes with every update.
    const size = { desiredNodes: has.has("desiredNodes") ? news.desiredNodes : old.outputs.desiredNodes };
    const change = has.size === 0 ? {} : { ...size, ...sizes, ...(scaling && { autoscaling }), ...(has.has("template") && { template }) };
    // A pool that failed is tried again by telling it its own size.
    const broken = (await api.find<Pool>(at(news, old.id)))?.status.includes("ERROR") ?? false;
    const put = (pool: Properties) => whenReady(api, news, String(news.kubeId), call, () => api.put(at(news, old.id), pool));
    if (Object.keys(change).length > 0) await put(change);
    else if (broken) await put({ desiredNodes: (await api.get<Pool>(at(news, old.id))).desiredNodes });

    // The API may go on to say what it said before for a moment.
    const stale = has.has("desiredNodes") || has.has("template") || broken ? Date.now() + staleness : 0;
    let moved = false;
    const settled = (pool: Pool) => {
      moved ||= pending.has(pool.status);
      return moved || Date.now() > stale;
    };
    return ready(api, old.id, news, { ...old.outputs, ...news }, call, settled);
  },

  async delete(api, old, call) {
    const pool = at(old.inputs, old.id);
    if (!(await api.find<Pool>(pool))) return;
    await api.delete(pool).catch(ignoreGone);
    await waitFor("deleting the node pool", call, timeouts.pool, async () => {
      const left = await api.find<Pool>(pool);
      if (left) call.status(`node pool ${left.status}, ${plural(Number(left.currentNodes), "node")} left`);
      return left ? undefined : true;
    });
  },
};

const at = (owner: Properties, ...parts: unknown[]): string => project(owner, "kube", owner.kubeId, "nodepool", ...parts);

/** The pool as the API takes it. The official plugin always sends `template` and `autoscaling`, and so do we. */
function body(inputs: Properties): Properties {
  return {
    ...omit(inputs, "serviceName", "kubeId", "__defaults", ...Object.keys(autoscalingInputs)),
    autoscaling: compact(Object.fromEntries(Object.entries(autoscalingInputs).map(([input, field]) => [field, inputs[input]]))),
    template: inputs.template ?? emptyTemplate,
  };
}

const emptyTemplate = { metadata: { annotations: {}, finalizers: [], labels: {} }, spec: { taints: [], unschedulable: false } };

/** How long the API may go on to show a pool as it was before a change, in milliseconds. */
const staleness = 5_000;

const pending = new Set(["INSTALLING", "UPDATING", "REDEPLOYING", "RESIZING", "UPSCALING", "DOWNSCALING", "UNKNOWN"]);

/**
 * Waits for READY. A pool whose nodes cannot be made ends in an error status: unlike the official plugin, which takes such a
 * pool for created, we fail with the nodes' reasons, and the pool stays in the state to be mended by the next update.
 */
async function ready(
  api: Api,
  id: string,
  news: Properties,
  known: Properties,
  call: Call,
  settled: (pool: Pool) => boolean,
): Promise<Properties> {
  try {
    return await waitFor(`the node pool ${id} is not READY: it`, call, timeouts.pool, async () => {
      const pool = await api.find<Pool>(at(news, id));
      if (pool && settled(pool)) {
        if (pool.status === "READY") return outputsOf(pool, news);
        if (!pending.has(pool.status)) throw new Error(await reasons(api, news, pool));
      }
      call.status(pool ? `node pool ${pool.status}, ${pool.availableNodes} of ${pool.desiredNodes} nodes ready` : "node pool INSTALLING");
      return undefined;
    });
  } catch (error) {
    throw new InitFailed(id, known, [messageOf(error)]);
  }
}

async function reasons(api: Api, owner: Properties, pool: Pool): Promise<string> {
  const nodes = await api.get<{ name: string; status: string }[]>(at(owner, pool.id, "nodes")).catch(() => []);
  const broken = nodes.filter((node) => node.status.includes("ERROR")).map((node) => `node ${node.name}: ${node.status}`);
  return [`the node pool ${pool.name} has status ${pool.status}`, ...broken].join("; ");
}

function outputsOf(pool: Pool, owner: Properties): Properties {
  const { autoscaling, template } = pool;
  const part = (value: unknown): Properties => (isObject(value) ? value : {});
  const scaling = part(autoscaling);
  const number = (value: unknown) => (value === undefined || value === null ? undefined : Number(value));
  return compact({
    ...omit(pool, "id", "autoscaling", "template"),
    flavorName: pool.flavor,
    serviceName: owner.serviceName,
    kubeId: owner.kubeId,
    template: isObject(template)
      ? {
          metadata: { ...emptyTemplate.metadata, ...compact(part(template.metadata)) },
          spec: { ...emptyTemplate.spec, ...compact(part(template.spec)) },
        }
      : undefined,
    ...Object.fromEntries(Object.entries(autoscalingInputs).map(([input, field]) => [input, number(scaling[field])])),
  });
}
