import { Backoff } from "../common/backoff";
import { type Cluster, ClusterError, type Kind, type Kinds, type Listed, type Metadata, type Selector, type WatchEvent } from "./cluster";
import { keepHeapSmall } from "./heap";
import { Http, type Timing } from "./http";
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
};

/** Objects in one page of a list; a pod is about 8 KB. */
const pageSize = 500;

/** How long a list that expires half-way is begun anew, in milliseconds: the server keeps a place in a list for five minutes or so. */
const listPatience = 15 * 60_000;

/** The server ends a watch after that many seconds; it sends bookmarks in between, so that silence is a broken connection. */
const watchSeconds = 60;
const watchSilence = (watchSeconds + 15) * 1000;

/** A program may be silent for long; a connection that is dead is found out by TCP's keep-alive. */
const logSilence = 60 * 60_000;

const path = (kind: Kind, namespace?: string, name?: string): string =>
  [apis[kind], ...(namespace === undefined ? [] : ["namespaces", namespace]), kind, ...(name === undefined ? [] : [name])].join("/");

/** A real cluster, reached with a kubeconfig's text. @throws {BatchError} when the kubeconfig is not usable. */
export function connect(kubeconfig: string, timing?: Timing): Cluster & { close(): void } {
  const http = new Http(parseKubeconfig(kubeconfig), timing);
  /** Answers undefined in place of an error of one of these statuses. */
  const unless = async <T>(statuses: readonly number[], work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ClusterError && error.status !== undefined && statuses.includes(error.status)) return undefined;
      throw error;
    }
  };
  return {
    create: <K extends Kind>(kind: K, manifest: Kinds[K]) =>
      unless([409], async () => {
        const answer = await http.request({ method: "POST", path: path(kind, manifest.metadata.namespace), body: manifest });
        return JSON.parse(answer) as Kinds[K];
      }),
    get: <K extends Kind>(kind: K, namespace: string | undefined, name: string) =>
      unless([404], async () => JSON.parse(await http.request({ method: "GET", path: path(kind, namespace, name) })) as Kinds[K]),
    list: (kind, namespace, selector, pick) => list(http, kind, namespace, selector, pick),
    // 409: the patch names a uid or a version, and by now the object of that name has another one.
    patch: <K extends Kind>(kind: K, namespace: string, name: string, patch: object) =>
      unless(
        [404, 409],
        async () => JSON.parse(await http.request({ method: "PATCH", path: path(kind, namespace, name), body: patch })) as Kinds[K],
      ),
    remove: async (kind, namespace, name, uid, version) => {
      const body = { propagationPolicy: "Foreground", preconditions: { uid, resourceVersion: version } };
      const request = () => http.request({ method: "DELETE", path: path(kind, namespace, name), body });
      return (await unless([409], async () => (await unless([404], request), true))) ?? false;
    },
    watch: (kind, namespace, selector, version, signal) => watch(http, kind, namespace, selector, version, signal),
    log: (namespace, pod, limit) => readTail(http, `${path("pods", namespace, pod)}/log`, limit),
    logLines: (namespace, pod, since, signal) => {
      const query = { follow: "true", timestamps: "true", sinceTime: since };
      return http.lines({ method: "GET", path: `${path("pods", namespace, pod)}/log`, query }, logSilence, signal);
    },
    close: () => http.close(),
  };
}

const selection = ({ labels, fields }: Selector) => ({ labelSelector: labels, fieldSelector: fields });

async function list<K extends Kind, T>(
  http: Http,
  kind: K,
  namespace: string | undefined,
  selector: Selector,
  pick: (object: Kinds[K]) => T | undefined,
): Promise<Listed<T>> {
  const backoff = new Backoff(listPatience, 500);
  let items: T[] = [];
  for (let next: string | undefined; ;) {
    const query = { ...selection(selector), limit: String(pageSize), continue: next };
    try {
      const page = JSON.parse(await http.request({ method: "GET", path: path(kind, namespace), query })) as {
        metadata: { resourceVersion: string; continue?: string };
        items: Kinds[K][];
      };
      for (const object of page.items) {
        const picked = pick(object);
        if (picked !== undefined) items.push(picked);
      }
      next = page.metadata.continue || undefined;
      if (next === undefined) return { items, version: page.metadata.resourceVersion };
      keepHeapSmall();
    } catch (error) {
      // Only the place in the list has expired.
      const expired = error instanceof ClusterError && error.status === 410 && next !== undefined;
      if (!expired || !(await backoff.next())) throw error;
      next = undefined;
      items = [];
    }
  }
}

async function* watch<K extends Kind>(
  http: Http,
  kind: K,
  namespace: string,
  selector: Selector,
  version: string,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent<Kinds[K]>> {
  const query = {
    ...selection(selector),
    watch: "true",
    allowWatchBookmarks: "true",
    resourceVersion: version,
    timeoutSeconds: String(watchSeconds),
  };
  keepHeapSmall();
  try {
    for await (const line of http.lines({ method: "GET", path: path(kind, namespace), query }, watchSilence, signal)) {
      const event = readEvent(line);
      if (event.type === "ERROR") throw new ClusterError(event.object.message ?? "the watch broke", event.object.code);
      yield event as WatchEvent<Kinds[K]>;
    }
  } catch (error) {
    if (!(error instanceof ClusterError) || error.status !== 410) throw error;
    yield { type: "EXPIRED" };
  }
}

function readEvent(line: string): { type: string; object: { metadata: Metadata; code?: number; message?: string } } {
  try {
    return JSON.parse(line) as ReturnType<typeof readEvent>;
  } catch {
    // What a proxy cut off.
    throw new ClusterError(`the watch broke within ${line.slice(0, 50)}`);
  }
}
