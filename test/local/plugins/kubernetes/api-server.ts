import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { KubernetesObject } from "../../../../local/plugins/kubernetes/cluster/object";

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** What a test puts in the way of a request: an answer, or undefined to let it pass. */
type Hook = (request: Request) => { status: number; body: unknown } | undefined;

const resources: Record<string, { name: string; kind: string; namespaced: boolean }[]> = {
  "/api/v1": [
    { name: "configmaps", kind: "ConfigMap", namespaced: true },
    { name: "namespaces", kind: "Namespace", namespaced: false },
    { name: "secrets", kind: "Secret", namespaced: true },
    { name: "pods", kind: "Pod", namespaced: true },
    { name: "pods/log", kind: "Pod", namespaced: true },
  ],
  "/apis/apps/v1": [{ name: "deployments", kind: "Deployment", namespaced: true }],
  "/apis/kube.cloud.ovh.com/v1alpha1": [{ name: "nodepools", kind: "NodePool", namespaced: false }],
  "/apis/batch/v1": [{ name: "jobs", kind: "Job", namespaced: true }],
};

const reason = (status: number, name: string, message: string) => ({
  status,
  body: { kind: "Status", status: "Failure", reason: name, message },
});

/** As much of a Kubernetes API server as server-side apply of whole objects needs. Objects are kept by their paths. */
export class FakeApiServer {
  readonly objects = new Map<string, KubernetesObject>();
  readonly requests: Request[] = [];
  readonly served = { ...resources };
  hook: Hook = () => undefined;
  private server: Server | undefined;
  private uid = 0;

  async start(): Promise<string> {
    this.server = createServer((request, response) => {
      let text = "";
      request.on("data", (chunk: Buffer) => (text += chunk.toString()));
      request.on("end", () => {
        const url = new URL(request.url ?? "/", "http://x");
        const asked = {
          method: request.method ?? "",
          path: url.pathname,
          query: url.searchParams,
          body: text ? (JSON.parse(text) as unknown) : undefined,
        };
        this.requests.push(asked);
        const { status, body } = this.hook(asked) ?? this.answer(asked);
        response.writeHead(status, { "content-type": "application/json" }).end(typeof body === "string" ? body : JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => this.server?.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  stop(): Promise<void> {
    this.server?.closeAllConnections();
    return new Promise((resolve) => this.server?.close(() => resolve()));
  }

  writes(): string[] {
    return this.requests
      .filter(({ method, query }) => method !== "GET" && query.get("dryRun") === null)
      .map(({ method, path }) => `${method} ${path}`);
  }

  private answer({ method, path, query, body }: Request): { status: number; body: unknown } {
    if (this.served[path]) return { status: 200, body: { resources: this.served[path] } };
    const old = this.objects.get(path);
    if (method === "GET") {
      const below = [...this.objects].filter(([key]) => key.startsWith(`${path}/`)).map(([, object]) => object);
      if (old) return { status: 200, body: old };
      return /(pods|events|endpointslices)$/.test(path)
        ? { status: 200, body: { items: below } }
        : reason(404, "NotFound", `${path} not found`);
    }
    if (method === "DELETE") {
      this.objects.delete(path);
      return old ? { status: 200, body: old } : reason(404, "NotFound", `${path} not found`);
    }
    const manager = query.get("fieldManager") ?? "";
    const owners = old?.metadata.managedFields?.map((one) => one.manager) ?? [];
    if (old && !owners.includes(manager) && query.get("force") !== "true")
      return reason(409, "Conflict", 'Apply failed with 1 conflict: conflict with "other"');
    const given = body as KubernetesObject;
    const metadata = {
      ...given.metadata,
      uid: old?.metadata.uid ?? `uid-${++this.uid}`,
      generation: (old?.metadata.generation ?? 0) + 1,
      managedFields: [{ manager, operation: "Apply" }],
    };
    const object = { ...old, ...given, metadata };
    if (query.get("dryRun") !== "All") this.objects.set(path, object);
    return { status: old ? 200 : 201, body: object };
  }
}
