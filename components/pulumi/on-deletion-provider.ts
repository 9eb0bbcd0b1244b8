/** The dynamic providers of {@link OnDeletion}. Imports only types of Pulumi: they run in a process that the engine starts. */
import { type dynamic } from "@pulumi/pulumi";
import { KubeClient } from "../../kubernetes/client";
import { ClusterError, unless } from "../../kubernetes/cluster";
import { patient } from "../../kubernetes/connect";
import { parseKubeconfig } from "../../kubernetes/kubeconfig";

export interface Inputs {
  readonly kubeconfig: string;
}

/** Objects of a cluster by their paths in the Kubernetes API. */
export interface ObjectStore {
  delete(path: string): Promise<void>;
  /** Takes the finalizers off an object. */
  release(path: string): Promise<void>;
  close(): void;
}

/** The variable of Pulumi's Kubernetes provider, with its meaning. */
const variable = "PULUMI_K8S_DELETE_UNREACHABLE";

/** @param id of the resource @param work what its deletion does */
export function createOnDeletionProvider<Objects extends ObjectStore>(
  id: string,
  open: (kubeconfig: string) => Objects,
  work: (objects: Objects) => Promise<void>,
): dynamic.ResourceProvider<Inputs, Inputs> {
  return {
    // It is kept for the deletion: an old one may be refused by then.
    diff: (_id, olds, news) => Promise.resolve({ changes: olds.kubeconfig !== news.kubeconfig }),
    create: (inputs) => Promise.resolve({ id, outs: inputs }),
    update: (_id, _olds, news) => Promise.resolve({ outs: news }),
    delete: async (_id, { kubeconfig }) => {
      const objects = open(kubeconfig);
      try {
        await work(objects);
      } catch (error) {
        const unreachable = error instanceof ClusterError && error.status === undefined;
        if (!unreachable || process.env[variable] !== "true") throw error;
      } finally {
        objects.close();
      }
    },
  };
}

/** A client that gives up soon, as a user waits, and what all such work does with it. What is gone already is deleted. */
export function openObjects(kubeconfig: string): { readonly client: KubeClient; readonly objects: ObjectStore } {
  const client = new KubeClient(parseKubeconfig(kubeconfig), { ...patient, silence: 10_000, patience: 20_000 });
  const objects: ObjectStore = {
    delete: async (path) => void (await unless([404], client.call({ method: "DELETE", path }))),
    release: async (path) => void (await unless([404], client.call({ method: "PATCH", path, body: { metadata: { finalizers: null } } }))),
    close: () => client.close(),
  };
  return { client, objects };
}
