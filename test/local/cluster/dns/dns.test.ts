import { dnsManifests, dnsReplicas, scaleDns } from "../../../../local/cluster/dns/dns";
import { ClusterError } from "../../../../kubernetes/cluster";
import { waitUntil } from "../../../../local/lib/wait";

const scaler = "/api/v1/namespaces/kube-system/configmaps/kube-dns-autoscaler";
const scale = "/apis/apps/v1/namespaces/kube-system/deployments/coredns/scale";

/** An API server with so many nodes. */
class FakeApi {
  readonly said: string[] = [];
  data: { linear: string } | undefined;
  replicas: number | undefined = 1;
  away = false;

  constructor(public nodes: number) {}

  find<T>(path: string): Promise<T | undefined> {
    if (path === scaler) return Promise.resolve(this.data && ({ metadata: {}, data: this.data } as T));
    expect(path).toBe(scale);
    return Promise.resolve(this.replicas === undefined ? undefined : ({ metadata: {}, spec: { replicas: this.replicas } } as T));
  }

  /** One object at a time, with the number of those left, as asked for by `limit`. */
  get<T>(path: string): Promise<T> {
    expect(path).toBe("/api/v1/nodes?limit=1");
    if (this.away) return Promise.reject(new ClusterError("etcd is away", 503, { reason: "ServiceUnavailable" }));
    const rest = this.nodes > 1 ? { remainingItemCount: this.nodes - 1 } : {};
    return Promise.resolve({ items: [{}].slice(0, this.nodes), metadata: rest } as T);
  }

  create<T>(_path: string, body: unknown): Promise<T> {
    this.data = (body as { data: { linear: string } }).data;
    return Promise.resolve(body as T);
  }

  patch<T>(path: string, body: unknown): Promise<T> {
    expect(path).toBe(scale);
    this.replicas = (body as { spec: { replicas: number } }).spec.replicas;
    return Promise.resolve(body as T);
  }
}

/** What one look leads to. */
async function look(api: FakeApi): Promise<FakeApi> {
  const abort = new AbortController();
  const done = scaleDns(api, (text) => void api.said.push(text), abort.signal);
  await waitUntil(() => false, 20, 5);
  abort.abort();
  await done;
  return api;
}

test.each([
  [0, 2],
  [1, 2],
  [32, 2],
  [33, 3],
  [100, 7],
])("with %i nodes the DNS has %i pods", (nodes, pods) => expect(dnsReplicas(nodes, { nodesPerReplica: 16, min: 2 })).toBe(pods));

test("the number of pods follows the nodes, by parameters that everybody can see", async () => {
  const api = await look(new FakeApi(40));
  expect(api).toMatchObject({ replicas: 3, data: { linear: '{"nodesPerReplica":16,"min":2}' }, said: [] });
  api.nodes = 1;
  expect(await look(api)).toMatchObject({ replicas: 2 });
});

test("the parameters can be changed, as those of the cluster-proportional-autoscaler", async () => {
  const api = new FakeApi(3);
  api.data = { linear: '{"coresPerReplica":256,"nodesPerReplica":1,"max":2}' };
  expect(await look(api)).toMatchObject({ replicas: 2, said: [] });
});

test("what cannot be read, an API server that is away and a Deployment that somebody deleted change nothing", async () => {
  const api = new FakeApi(40);
  api.data = { linear: "lots" };
  expect((await look(api)).said).toEqual([expect.stringMatching(/^the cluster's DNS could not be scaled: .*JSON/)]);
  expect(api.replicas).toBe(1);
  Object.assign(api, { away: true, data: undefined });
  expect((await look(api)).said.at(-1)).toMatch(/etcd is away/);
  expect(await look(Object.assign(new FakeApi(40), { replicas: undefined }))).toMatchObject({ replicas: undefined, said: [] });
});

test("the pods run on any node without taints, the compute pools' with a mere preference included, but on no simulated one", () => {
  const { body } = dnsManifests("dns:1", "10.96.0.10").find(({ path }) => path.endsWith("/deployments/coredns"))!;
  expect(body).toMatchObject({
    spec: {
      template: {
        metadata: { labels: { "k8s-app": "kube-dns" } },
        spec: {
          priorityClassName: "system-cluster-critical",
          tolerations: [{ key: "CriticalAddonsOnly", operator: "Exists" }],
          dnsPolicy: "Default",
          containers: [{ image: "dns:1", ports: [{ containerPort: 1053 }, { containerPort: 1053 }] }],
        },
      },
    },
  });
  expect(JSON.stringify(body)).toContain('{"key":"ovh-mks-batch.local/simulated","operator":"DoesNotExist"}');
  // Its owner is the scaler, and each start of the local cloud applies the rest again.
  expect(body.spec).not.toHaveProperty("replicas");
});

test("the Service is answered by these pods alone", () => {
  const { body } = dnsManifests("dns:1", "10.96.0.10").find(({ path }) => path.endsWith("/services/kube-dns"))!;
  expect(body).toMatchObject({
    spec: { clusterIP: "10.96.0.10", selector: { "k8s-app": "kube-dns" }, ports: [{ targetPort: "dns" }, { targetPort: "dns-tcp" }] },
  });
});
