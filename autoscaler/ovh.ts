import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

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

const tries = 4;
const timeout = 20_000;

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
   * Shrinks a pool to `desired` nodes by taking exactly the given ones. Safe to repeat: the size is absolute.
   * @param providerIds the nodes' `spec.providerID`, as the Kubernetes cluster-autoscaler sends them
   * @throws {OvhError} 412 for a quota, 429 for too many requests
   */
  async removeNodes(pool: string, desired: number, providerIds: readonly string[]): Promise<void> {
    await this.call("PUT", await this.poolPath(pool), { desiredNodes: desired, nodesToRemove: providerIds });
  }

  /** The nodes that OVHcloud has for a pool, whether they have joined the cluster or not. @throws {OvhError} */
  async nodesOf(pool: string): Promise<readonly OvhNode[]> {
    return this.call<readonly OvhNode[]>("GET", `${await this.poolPath(pool)}/nodes`);
  }

  private async poolPath(pool: string): Promise<string> {
    const path = `/cloud/project/${this.access.serviceName}/kube/${this.access.kubeId}/nodepool`;
    const pools = await this.call<readonly { id: string; name: string }[]>("GET", path);
    const id = pools.find(({ name }) => name === pool)?.id;
    if (!id) throw new OvhError(404, "NotFound", `the cluster ${this.access.kubeId} has no node pool ${pool}`);
    return `${path}/${id}`;
  }

  /** GETs, and PUTs of absolute values, may both be sent again. */
  private async call<T>(method: "GET" | "PUT", path: string, body?: unknown): Promise<T> {
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
