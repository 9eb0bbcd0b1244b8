/** The dynamic provider of {@link ScaledResources}. */
import { type dynamic } from "@pulumi/pulumi";
import { poll } from "../../../common/poll";
import { KubeClient } from "../../../kubernetes/client";
import { ClusterError, type Metadata, unless } from "../../../kubernetes/cluster";
import { patient } from "../../../kubernetes/connect";
import { parseKubeconfig } from "../../../kubernetes/kubeconfig";

export interface Inputs {
  readonly kubeconfig: string;
}

/** Objects of KEDA's kinds, by their paths in the Kubernetes API. */
export interface Objects {
  list(): Promise<readonly string[]>;
  delete(path: string): Promise<void>;
  /** Takes the finalizers off an object that is being deleted. */
  release(path: string): Promise<void>;
  close(): void;
}

/** Milliseconds that the operator gets to let go of the objects, which takes it less than one; then nobody else will. */
const patience = 20_000;

/** The variable of Pulumi's Kubernetes provider, with its meaning. */
const variable = "PULUMI_K8S_DELETE_UNREACHABLE";

export function createScaledResourcesProvider(
  open: (kubeconfig: string) => Objects,
  timeout = patience,
): dynamic.ResourceProvider<Inputs, Inputs> {
  const removeAll = async (objects: Objects): Promise<void> => {
    for (const path of await objects.list()) await objects.delete(path);
    const rest = await poll(async () => ((await objects.list()).length === 0 ? [] : undefined), {
      timeout,
      pause: 500,
      overdue: () => objects.list(),
    });
    for (const path of rest) await objects.release(path);
  };
  return {
    // It is kept for the deletion: an old one may be refused by then.
    diff: (_id, olds, news) => Promise.resolve({ changes: olds.kubeconfig !== news.kubeconfig }),
    create: (inputs) => Promise.resolve({ id: "keda.sh", outs: inputs }),
    update: (_id, _olds, news) => Promise.resolve({ outs: news }),
    delete: async (_id, { kubeconfig }) => {
      const objects = open(kubeconfig);
      try {
        await removeAll(objects);
      } catch (error) {
        const unreachable = error instanceof ClusterError && error.status === undefined;
        if (!unreachable || process.env[variable] !== "true") throw error;
      } finally {
        objects.close();
      }
    },
  };
}

const kinds = {
  "keda.sh": ["scaledjobs", "scaledobjects", "triggerauthentications", "clustertriggerauthentications"],
  "eventing.keda.sh": ["cloudeventsources", "clustercloudeventsources"],
};

function open(kubeconfig: string): Objects {
  const client = new KubeClient(parseKubeconfig(kubeconfig), { ...patient, silence: 10_000, patience: 20_000 });
  const list = async (group: string, kind: string): Promise<readonly string[]> => {
    const api = `/apis/${group}/v1alpha1`;
    const pathOf = ({ metadata: { namespace, name } }: { metadata: Metadata }): string =>
      [api, ...(namespace === undefined ? [] : ["namespaces", namespace]), kind, name].join("/");
    // Where somebody has deleted the definition, there is nothing left of it.
    return (await unless([404], client.list(`${api}/${kind}`, pathOf)))?.items ?? [];
  };
  const all = Object.entries(kinds).flatMap(([group, names]) => names.map((name) => [group, name] as const));
  return {
    list: async () => (await Promise.all(all.map(([group, kind]) => list(group, kind)))).flat(),
    delete: async (path) => void (await unless([404], client.call({ method: "DELETE", path }))),
    release: async (path) => void (await unless([404], client.call({ method: "PATCH", path, body: { metadata: { finalizers: null } } }))),
    close: () => client.close(),
  };
}

export const scaledResources = createScaledResourcesProvider(open);
