import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { plural } from "../common/text";

/** Access to the OVHcloud API. */
export interface OvhAccess {
  /** Base URL, e.g. https://eu.api.ovh.com/1.0 */
  readonly endpoint: string;
  readonly applicationKey: string;
  readonly applicationSecret: string;
  readonly consumerKey: string;
  /** The Public Cloud project's id. */
  readonly serviceName: string;
  /** The cluster's id. */
  readonly kubeId: string;
}

/** A node as the API lists it. */
export interface OvhNode {
  readonly id: string;
  readonly instanceId?: string | null;
  readonly name: string;
  /** E.g. INSTALLING, READY, ERROR, FLAVOR_OUT_OF_STOCK_ERROR. */
  readonly status: string;
}

/** Sizes of a pool: the one that the decision was made on, and the one that it shall have. */
export interface Shrinking {
  readonly from: number;
  readonly to: number;
}

/** The OVHcloud API answered with an error. */
export class OvhError extends Error {
  override readonly name = "OvhError";
  constructor(
    readonly status: number,
    readonly errorClass: string,
    message: string,
  ) {
    super(message);
  }
}

/** Nobody knows whether a removal was carried out: it was sent, and no answer says that it was refused. */
export class UncertainRemoval extends Error {
  override readonly name = "UncertainRemoval";
}

const timeout = 10_000;

/** The part of the OVHcloud API that removes nodes by name, which the NodePool custom resource cannot. */
export class OvhClient {
  /** Seconds by which the server's clock is ahead; requests are refused when their time is off. */
  private ahead: number | undefined;

  constructor(
    private readonly access: OvhAccess,
    private readonly wait: (milliseconds: number) => Promise<unknown> = sleep,
    /** Told about each failed try, for metrics: the HTTP status, or "network". */
    private readonly onError: (code: string) => void = () => undefined,
  ) {}

  /**
   * Shrinks a pool by taking exactly the given nodes. One try: whoever asks again decides anew, for a pool that has grown meanwhile must not be
   * brought to a size of before.
   * @param providerIds the nodes' `spec.providerID`, as the Kubernetes cluster-autoscaler sends them
   * @throws {OvhError} 409 when the pool has another size than `from`, 429 for too many requests @throws {UncertainRemoval}
   */
  async removeNodes(pool: string, { from, to }: Shrinking, providerIds: readonly string[]): Promise<void> {
    const { path, desiredNodes } = await this.find(pool, 1);
    // The custom resource is late now and then.
    if (desiredNodes !== from)
      throw new OvhError(409, "Conflict", `the node pool ${pool} is being brought to ${plural(desiredNodes, "node")}, not ${from}`);
    try {
      await this.call("PUT", path, { desiredNodes: to, nodesToRemove: providerIds }, 1);
    } catch (error) {
      if (error instanceof OvhError && error.status < 500) throw error;
      throw new UncertainRemoval((error as Error).message, { cause: error });
    }
  }

  /** The nodes that OVHcloud has for a pool, whether they have joined the cluster or not. @throws {OvhError} */
  async nodesOf(pool: string): Promise<readonly OvhNode[]> {
    return this.call<readonly OvhNode[]>("GET", `${(await this.find(pool)).path}/nodes`);
  }

  private async find(pool: string, tries?: number): Promise<{ path: string; desiredNodes: number }> {
    const path = `/cloud/project/${this.access.serviceName}/kube/${this.access.kubeId}/nodepool`;
    const pools = await this.call<readonly { id: string; name: string; desiredNodes: number }[]>("GET", path, undefined, tries);
    const found = pools.find(({ name }) => name === pool);
    if (!found) throw new OvhError(404, "NotFound", `the cluster ${this.access.kubeId} has no node pool ${pool}`);
    return { path: `${path}/${found.id}`, desiredNodes: found.desiredNodes };
  }

  private async call<T>(method: "GET" | "PUT", path: string, body?: unknown, tries = 4): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.send<T>(method, path, body);
      } catch (error) {
        const status = error instanceof OvhError ? error.status : undefined;
        this.onError(status === undefined ? "network" : String(status));
        const mayPass = status === undefined || status === 429 || status >= 500;
        if (!mayPass || attempt >= tries) throw error;
        await this.wait(500 * 2 ** (attempt - 1) * (0.5 + Math.random()));
      }
    }
  }

  private async send<T>(method: string, path: string, body: unknown): Promise<T> {
    const { endpoint, applicationKey, applicationSecret, consumerKey } = this.access;
    this.ahead ??=
      Number(await (await fetch(`${endpoint}/auth/time`, { signal: AbortSignal.timeout(timeout) })).text()) - Math.floor(Date.now() / 1000);
    const url = endpoint + path;
    const text = body === undefined ? "" : JSON.stringify(body);
    const time = Math.floor(Date.now() / 1000) + this.ahead;
    const signed = [applicationSecret, consumerKey, method, url, text, time].join("+");
    const response = await fetch(url, {
      method,
      headers: {
        ...(text ? { "Content-Type": "application/json" } : {}),
        "X-Ovh-Application": applicationKey,
        "X-Ovh-Consumer": consumerKey,
        "X-Ovh-Timestamp": String(time),
        "X-Ovh-Signature": `$1$${createHash("sha1").update(signed).digest("hex")}`,
      },
      body: text || undefined,
      signal: AbortSignal.timeout(timeout),
    });
    const answer = await response.text();
    if (response.ok) return (answer ? JSON.parse(answer) : undefined) as T;
    // A clock that was set meanwhile shows as a refused request.
    this.ahead = undefined;
    const told = readError(answer);
    throw new OvhError(
      response.status,
      told.class ?? "",
      `${method} ${path}: HTTP ${response.status} ${told.class ?? ""} ${told.message ?? ""}`.trim(),
    );
  }
}

function readError(answer: string): { class?: string; message?: string } {
  try {
    return JSON.parse(answer) as { class?: string; message?: string };
  } catch {
    return {};
  }
}
