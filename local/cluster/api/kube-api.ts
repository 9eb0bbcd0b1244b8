/** The calls that the local cloud makes to its own API server. */
import { KubeClient, type Query } from "../../../kubernetes/client";
import { type ClusterError, unless } from "../../../kubernetes/cluster";
import { type Follower, listAndWatch } from "../../../kubernetes/follow";

/** Credentials for an API server, all PEM. */
export interface KubeCredentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
  };
}

/** A create may have been carried out, unless it was refused or never sent. */
const createAgain = ({ status, cause }: ClusterError): boolean =>
  status === 429 || (cause as NodeJS.ErrnoException | undefined)?.code === "ECONNREFUSED";

export class KubeApi {
  private readonly client: KubeClient;

  constructor(server: string, credentials: KubeCredentials) {
    this.client = new KubeClient(
      { server, insecure: false, ...credentials },
      {
        silence: 10_000,
        patience: 15_000,
        tries: Infinity,
        repeatable: ({ method }, error) => method !== "POST" || createAgain(error),
      },
    );
  }

  get<T>(path: string): Promise<T> {
    return this.client.call({ method: "GET", path });
  }

  /** As {@link get}, but undefined when there is no such object. */
  find<T>(path: string): Promise<T | undefined> {
    return unless([404], this.get<T>(path));
  }

  create<T>(path: string, body: unknown): Promise<T> {
    return this.client.call({ method: "POST", path, body });
  }

  /** Replaces an object; its resourceVersion must be the current one. */
  replace<T>(path: string, body: KubeObject): Promise<T> {
    return this.client.call({ method: "PUT", path, body });
  }

  /** Server-side apply; fields of other managers are taken over. */
  apply(path: string, body: unknown): Promise<unknown> {
    return this.patch(path, body, "application/apply-patch+yaml", { fieldManager: "ovh-mks-batch-local", force: true });
  }

  /** By default a merge patch (RFC 7386). */
  patch<T>(path: string, body: unknown, type?: string, query?: Query): Promise<T> {
    return this.client.call({ method: "PATCH", path, query, body, type });
  }

  strategicPatch(path: string, body: unknown): Promise<unknown> {
    return this.patch(path, body, "application/strategic-merge-patch+json");
  }

  /** Deletes an object; one that does not exist is no error. */
  async delete(path: string, body: { gracePeriodSeconds?: number } = {}): Promise<void> {
    await unless([404], this.client.call({ method: "DELETE", path, body }));
  }

  /** Returns true if the server says that it is ready. */
  isReady(): Promise<boolean> {
    return this.client.text({ method: "GET", path: "/readyz", tries: 1 }).then(
      () => true,
      () => false,
    );
  }

  /** Follows a collection until the signal aborts. */
  follow<T extends KubeObject>(path: string, follower: Follower<T>, signal: AbortSignal): Promise<void> {
    const pick = (object: T): T => object;
    return listAndWatch<T, T>(
      {
        list: () => this.client.list(path, pick, { signal }),
        watch: (version) => this.client.watch<T>(path, version, signal),
        pick,
        signal,
      },
      follower,
    );
  }
}
