import { OvhApi, type OvhOptions } from "../../common/ovh/client";
import { type NoAnswerError, OvhError } from "../../common/ovh/errors";
import type { Credentials } from "../../common/ovh/sign-in";
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

/** Nobody knows whether a removal was carried out: it was sent, and no answer says that it was refused. */
export class UncertainRemoval extends Error {
  override readonly name = "UncertainRemoval";
}

const timeout = 10_000;
/** How often what only reads is tried. */
const tries = 4;

/** The part of the OVHcloud API that removes nodes by name, which the NodePool custom resource cannot. */
export class OvhClient {
  private readonly api: OvhApi;

  constructor(
    private readonly access: OvhAccess,
    wait?: OvhOptions["wait"],
    /** Told about each failed try, for metrics: the HTTP status, or "network". */
    onError: (code: string) => void = () => undefined,
  ) {
    const onFailure = (error: OvhError | NoAnswerError): void => onError(error instanceof OvhError ? String(error.status) : "network");
    this.api = new OvhApi(access.endpoint, access, { timeout, tries, onFailure, ...(wait && { wait }) });
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
      await this.api.request("PUT", path, { desiredNodes: to, nodesToRemove: providerIds }, { tries: 1 });
    } catch (error) {
      if (error instanceof OvhError && error.status < 500) throw error;
      throw new UncertainRemoval((error as Error).message, { cause: error });
    }
  }

  /** The nodes that OVHcloud has for a pool, whether they have joined the cluster or not. @throws {OvhError} */
  async nodesOf(pool: string): Promise<readonly OvhNode[]> {
    return this.api.request<readonly OvhNode[]>("GET", `${(await this.find(pool)).path}/nodes`);
  }

  private async find(pool: string, atMost = tries): Promise<{ path: string; desiredNodes: number }> {
    const path = `/cloud/project/${this.access.serviceName}/kube/${this.access.kubeId}/nodepool`;
    const pools = await this.api.request<readonly { id: string; name: string; desiredNodes: number }[]>("GET", path, undefined, {
      tries: atMost,
    });
    const found = pools.find(({ name }) => name === pool);
    if (!found) throw new OvhError(404, "NotFound", `the cluster ${this.access.kubeId} has no node pool ${pool}`);
    return { path: `${path}/${found.id}`, desiredNodes: found.desiredNodes };
  }
}
