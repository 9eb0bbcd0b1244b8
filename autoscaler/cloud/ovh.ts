import { setTimeout as sleep } from "node:timers/promises";
import { reasonOf } from "../../common/connection";
import { TokenError } from "../../common/oauth2";
import { doubling, retry } from "../../common/retry";
import { type Credentials, type SignIn, signInWith } from "../../common/sign-in";
import { plural } from "../../common/text";

/** Where the OVHcloud API is, and who asks. */
export type OvhAccess = Target & Credentials;

interface Target {
  /** Base URL, e.g. https://eu.api.ovh.com/1.0 */
  readonly endpoint: string;
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
const pauseFor = doubling(500);

/** The part of the OVHcloud API that removes nodes by name, which the NodePool custom resource cannot. */
export class OvhClient {
  private readonly signIn: SignIn;

  constructor(
    private readonly access: OvhAccess,
    private readonly wait: (milliseconds: number) => Promise<unknown> = sleep,
    /** Told about each failed try, for metrics: the HTTP status, or "network". */
    private readonly onError: (code: string) => void = () => undefined,
  ) {
    this.signIn = signInWith(access.endpoint, access, timeout);
  }

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
    const send = (): Promise<T> =>
      this.send<T>(method, path, body).catch((error: unknown) => {
        this.onError(error instanceof OvhError ? String(error.status) : "network");
        throw error instanceof OvhError ? error : new Error(`${method} ${path}: ${reasonOf(error)}`, { cause: error });
      });
    const pauses = (attempt: number): number => pauseFor(attempt, undefined) * (0.5 + Math.random());
    return retry(send, { tries, pauses, again: mayPass, wait: this.wait });
  }

  /** One try; a second one where the first did nothing but find the token out of date. */
  private async send<T>(method: string, path: string, body: unknown): Promise<T> {
    const text = body === undefined ? "" : JSON.stringify(body);
    let response = await this.ask(method, path, text);
    if (!response.ok && this.signIn.refused(response.status)) {
      await response.body?.cancel();
      response = await this.ask(method, path, text);
    }
    const answer = await response.text();
    if (response.ok) return (answer ? JSON.parse(answer) : undefined) as T;
    const told = readError(answer);
    throw new OvhError(
      response.status,
      told.class ?? "",
      `${method} ${path}: HTTP ${response.status} ${told.class ?? ""} ${told.message ?? ""}${lacking(told)}`.trim(),
    );
  }

  private async ask(method: string, path: string, body: string): Promise<Response> {
    const url = this.access.endpoint + path;
    const signed = await this.signIn.headers({ method, url, body }).catch((error: unknown) => {
      throw error instanceof TokenError ? new OvhError(error.status, "", error.message) : error;
    });
    const headers = { ...(body ? { "Content-Type": "application/json" } : {}), ...signed };
    return fetch(url, { method, headers, body: body || undefined, signal: AbortSignal.timeout(timeout) });
  }
}

const mayPass = (error: unknown): boolean => !(error instanceof OvhError) || error.status === 429 || error.status >= 500;

interface Told {
  readonly class?: string;
  readonly message?: string;
  readonly details?: { readonly unauthorizedActionsByIAM?: string };
}

/** The right that a policy lacks. */
const lacking = ({ details }: Told): string =>
  details?.unauthorizedActionsByIAM ? ` (missing in the IAM policy: ${details.unauthorizedActionsByIAM})` : "";

function readError(answer: string): Told {
  try {
    return JSON.parse(answer) as Told;
  } catch {
    return {};
  }
}
