import { setTimeout as sleep } from "node:timers/promises";
import { type KubeCredentials, KubeError, type KubeRequest, KubeTransport } from "./kube-transport";

export { type KubeCredentials, KubeError } from "./kube-transport";

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

export type ChangeType = "ADDED" | "MODIFIED" | "DELETED";

/** What follows a collection: `replace` gets all objects at the start and after each gap, `change` each later change. */
export interface Follower<T> {
  replace(objects: readonly T[]): void;
  change(type: ChangeType, object: T): void;
}

/** Milliseconds for which a request is tried again while the server cannot be reached or is overloaded. */
const patience = 15_000;

/** How long the server keeps a watch open before it is begun anew, in seconds. */
const watchSeconds = 300;

/**
 * The few calls that the local cloud makes to its own API server. A lean stand-in for @kubernetes/client-node, which
 * takes a second and 150 MB to load: that is a third of the time in which a cluster boots.
 */
export class KubeApi {
  private readonly transport: KubeTransport;

  constructor(server: string, credentials: KubeCredentials) {
    this.transport = new KubeTransport(server, credentials);
  }

  get<T>(path: string): Promise<T> {
    return this.send<T>({ method: "GET", path });
  }

  /** As {@link get}, but undefined when there is no such object. */
  find<T>(path: string): Promise<T | undefined> {
    return ignore(404, this.get<T>(path));
  }

  create<T>(path: string, body: unknown): Promise<T> {
    return this.send<T>({ method: "POST", path, body, type: "application/json" });
  }

  /** Replaces an object; its resourceVersion must be the current one. */
  replace<T>(path: string, body: KubeObject): Promise<T> {
    return this.send<T>({ method: "PUT", path, body, type: "application/json" });
  }

  /** Server-side apply; fields of other managers are taken over. */
  async apply(path: string, body: unknown): Promise<void> {
    const query = "fieldManager=ovh-mks-batch-local&force=true";
    await this.send({ method: "PATCH", path: `${path}?${query}`, body, type: "application/apply-patch+yaml" });
  }

  /** Merge patch (RFC 7386). */
  patch<T>(path: string, body: unknown): Promise<T> {
    return this.send<T>({ method: "PATCH", path, body, type: "application/merge-patch+json" });
  }

  async strategicPatch(path: string, body: unknown): Promise<void> {
    await this.send({ method: "PATCH", path, body, type: "application/strategic-merge-patch+json" });
  }

  /** Deletes an object; one that does not exist is no error. */
  async delete(path: string, body: { gracePeriodSeconds?: number } = {}): Promise<void> {
    await ignore(404, this.send({ method: "DELETE", path, body, type: "application/json" }));
  }

  /** Whether the server says that it is ready. */
  async isReady(): Promise<boolean> {
    try {
      await this.transport.send({ method: "GET", path: "/readyz" });
      return true;
    } catch {
      return false;
    }
  }

  /** Follows a collection until `abort`. A connection that breaks is mended by beginning anew. */
  async follow<T extends KubeObject>(path: string, follower: Follower<T>, abort: AbortSignal): Promise<void> {
    while (!abort.aborted) {
      try {
        const list = await this.get<{ items: T[]; metadata: { resourceVersion: string } }>(path);
        if (abort.aborted) return;
        follower.replace(list.items);
        const query = `watch=1&resourceVersion=${list.metadata.resourceVersion}&timeoutSeconds=${watchSeconds}`;
        const onLine = (line: string): boolean => {
          const event = parseEvent<T>(line);
          if (event) follower.change(event.type, event.object);
          return event !== undefined;
        };
        // On a living connection the server itself ends the watch earlier.
        await this.transport.stream(`${path}?${query}`, onLine, (watchSeconds + 30) * 1000, abort);
      } catch {
        await sleep(500, undefined, { signal: abort }).catch(() => undefined);
      }
    }
  }

  private async send<T>(call: KubeRequest): Promise<T> {
    const end = Date.now() + patience;
    for (let delay = 100; ; delay = Math.min(delay * 2, 2_000)) {
      try {
        return await this.transport.send<T>(call);
      } catch (error) {
        if (!isPassing(error, call.method) || Date.now() + delay > end) throw error;
        await sleep(delay);
      }
    }
  }
}

/** A line of a watch; undefined for an error and for a line that a broken connection cut. */
function parseEvent<T>(line: string): { type: ChangeType; object: T } | undefined {
  try {
    const event = JSON.parse(line) as { type: ChangeType | "ERROR"; object: T };
    return event.type === "ERROR" ? undefined : { type: event.type, object: event.object };
  } catch {
    return undefined;
  }
}

/** Whether a failure may be gone in a moment and the request can be sent again without harm. */
function isPassing(error: unknown, method: string): boolean {
  if (error instanceof KubeError) return error.status === 429 || (error.status >= 500 && method !== "POST");
  return method !== "POST" || (error as NodeJS.ErrnoException).code === "ECONNREFUSED";
}

/** Undefined instead of an answer of this status. */
export async function ignore<T>(status: number, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof KubeError && error.status === status) return undefined;
    throw error;
  }
}
