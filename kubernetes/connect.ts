import { type ClientOptions, KubeClient, type Timing } from "./client";
import { type Cluster, type Kind, type Kinds, type Selector, unless } from "./cluster";
import { parseKubeconfig } from "./kubeconfig";
import { readTail } from "./log";

const apis: Readonly<Record<Kind, string>> = {
  jobs: "/apis/batch/v1",
  cronjobs: "/apis/batch/v1",
  pods: "/api/v1",
  configmaps: "/api/v1",
  secrets: "/api/v1",
  events: "/api/v1",
  persistentvolumeclaims: "/api/v1",
  serviceaccounts: "/api/v1",
  priorityclasses: "/apis/scheduling.k8s.io/v1",
  nodes: "/api/v1",
  nodepools: "/apis/kube.cloud.ovh.com/v1alpha1",
  karpenternodepools: "/apis/karpenter.sh/v1",
  leases: "/apis/coordination.k8s.io/v1",
  scaledjobs: "/apis/keda.sh/v1alpha1",
};

/** Plurals of which there are two. */
const plurals: Partial<Readonly<Record<Kind, string>>> = { karpenternodepools: "nodepools" };

/** How often a list that expires half-way is begun in all: for 15 minutes. The server keeps a place in a list for five minutes or so. */
const lists = 95;

/** A program may be silent for long; a connection that is dead is found out by TCP's keep-alive. */
const logSilence = 60 * 60_000;

/** Every call of ours may be repeated, since a second create answers 409 and a second delete 404. */
export const patient: ClientOptions = { silence: 30_000, patience: 60_000, tries: Infinity, repeatable: () => true, smallHeap: true };

const path = (kind: Kind, namespace?: string, name?: string): string =>
  [
    apis[kind],
    ...(namespace === undefined ? [] : ["namespaces", namespace]),
    plurals[kind] ?? kind,
    ...(name === undefined ? [] : [name]),
  ].join("/");

const selection = ({ labels, fields }: Selector) => ({ labelSelector: labels, fieldSelector: fields });

/** A real cluster, reached with a kubeconfig's text. @throws {BatchError} when the kubeconfig is not usable. */
export function connect(kubeconfig: string, timing?: Timing): Cluster & { close(): void } {
  const client = new KubeClient(parseKubeconfig(kubeconfig), { ...patient, ...timing });
  return { ...clusterOf(client), close: () => client.close() };
}

/** The cluster of a client that has the options {@link patient}. */
export function clusterOf(client: KubeClient): Cluster {
  return {
    create: <K extends Kind>(kind: K, manifest: Kinds[K]) =>
      unless([409], client.call<Kinds[K]>({ method: "POST", path: path(kind, manifest.metadata.namespace), body: manifest })),
    get: <K extends Kind>(kind: K, namespace: string | undefined, name: string) =>
      unless([404], client.call<Kinds[K]>({ method: "GET", path: path(kind, namespace, name) })),
    list: (kind, namespace, selector, pick) => client.list(path(kind, namespace), pick, { query: selection(selector), tries: lists }),
    // 409: the patch names a uid or a version, and by now the object of that name has another one.
    patch: <K extends Kind>(kind: K, namespace: string, name: string, body: object) =>
      unless([404, 409], client.call<Kinds[K]>({ method: "PATCH", path: path(kind, namespace, name), body })),
    remove: async (kind, namespace, name, uid, version) => {
      // Nothing belongs to a pod, and to wait for the garbage collector would be two more writes for each.
      const body = { propagationPolicy: kind === "pods" ? "Background" : "Foreground", preconditions: { uid, resourceVersion: version } };
      const removed = unless([404], client.call({ method: "DELETE", path: path(kind, namespace, name), body })).then(() => true);
      return (await unless([409], removed)) ?? false;
    },
    watch: (kind, namespace, selector, version, signal) => client.watch(path(kind, namespace), version, signal, selection(selector)),
    log: (namespace, pod, limit) => readTail(client, `${path("pods", namespace, pod)}/log`, limit),
    logLines: (namespace, pod, since, signal) => {
      const query = { follow: true, timestamps: true, sinceTime: since };
      return client.lines({ method: "GET", path: `${path("pods", namespace, pod)}/log`, query, silence: logSilence }, signal);
    },
  };
}
