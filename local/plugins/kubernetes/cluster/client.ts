import { KubeClient, type Query } from "../../../../kubernetes/client";
import { ClusterError } from "../../../../kubernetes/cluster";
import { type Connection } from "../../../../kubernetes/kubeconfig";
import { KubernetesError, UnreachableError } from "./errors";

export interface Options {
  readonly query?: Query;
  readonly body?: unknown;
  readonly contentType?: string;
  /** Milliseconds that one try may take. @default 40 s: admission webhooks have 30 s at most */
  readonly timeout?: number;
}

/** The API server, with the official plugin's messages. Every request made with it may be repeated: reads, server-side apply, delete. */
export class Cluster {
  private readonly client: KubeClient;

  constructor(private readonly connection: Connection) {
    this.client = new KubeClient(connection, { silence: 40_000, tries: 7, repeatable: () => true });
  }

  async json<T>(method: "GET" | "PATCH" | "DELETE", path: string, options: Options = {}): Promise<T> {
    return JSON.parse(await this.text(method, path, options)) as T;
  }

  get<T>(path: string, query: Query = {}, options: Pick<Options, "timeout"> = {}): Promise<T> {
    return this.json<T>("GET", path, { query, ...options });
  }

  /** As {@link get}, but undefined where there is nothing. */
  async find<T>(path: string, query: Query = {}): Promise<T | undefined> {
    try {
      return await this.get<T>(path, query);
    } catch (error) {
      if (error instanceof KubernetesError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** Returns the body as text: for logs. */
  async text(method: "GET" | "PATCH" | "DELETE", path: string, options: Options = {}): Promise<string> {
    const { query, body, contentType: type, timeout: silence } = options;
    try {
      return await this.client.text({ method, path, query, body, type, silence });
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      const { server } = this.connection;
      if (error.status === undefined) throw new UnreachableError(server, (error.cause ?? error) as Error);
      throw new KubernetesError(server, method, path, error.status, error.body);
    }
  }
}
