import { poll } from "../../../../common/poll";
import { type Call, sleep } from "../../protocol/provider";
import type { Cluster } from "./client";
import type { Kind } from "./kinds";

interface ApiResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Which paths the cluster serves. */
export class Discovery {
  private readonly groups = new Map<string, Promise<readonly ApiResource[]>>();

  constructor(private readonly cluster: Cluster) {}

  /** Answers undefined when the cluster does not serve the kind. */
  async find({ apiVersion, kind }: Kind): Promise<ApiResource | undefined> {
    const known = this.groups.get(apiVersion) ?? this.load(apiVersion);
    this.groups.set(apiVersion, known);
    const found = (await known).find((one) => one.kind === kind && !one.name.includes("/"));
    // Custom resources may be defined while we run.
    if (!found) this.groups.delete(apiVersion);
    return found;
  }

  /** As {@link find}, but waits for a custom resource definition that is just being made. */
  async await(kind: Kind, call: Call, patience = 60_000): Promise<ApiResource> {
    const look = async (): Promise<ApiResource | undefined> => {
      const found = await this.find(kind);
      if (!found) call.status(`waiting for the cluster to serve ${kind.kind} of ${kind.apiVersion}`);
      return found;
    };
    const overdue = (): never => {
      throw new Error(`the cluster does not serve ${kind.kind} of ${kind.apiVersion}: is its CustomResourceDefinition installed?`);
    };
    const timeout = Math.min(patience, call.timeout ?? patience);
    return poll(look, { timeout, pause: 1_000, overdue, wait: (pause) => sleep(pause, call.signal) });
  }

  private async load(apiVersion: string): Promise<readonly ApiResource[]> {
    const list = await this.cluster
      .find<{ resources: ApiResource[] }>(`/${apiVersion.includes("/") ? "apis" : "api"}/${apiVersion}`)
      .catch((error: unknown) => {
        this.groups.delete(apiVersion);
        throw error;
      });
    return list?.resources ?? [];
  }
}

/** Path of an object, or of all objects of a kind where it has no name. */
export function pathOf({ apiVersion }: Kind, resource: ApiResource, namespace: string | undefined, name?: string): string {
  const within = resource.namespaced && namespace !== undefined ? ["namespaces", namespace] : [];
  const parts = [
    apiVersion.includes("/") ? "apis" : "api",
    ...apiVersion.split("/"),
    ...within,
    resource.name,
    ...(name === undefined ? [] : [name]),
  ];
  return parts.map((part) => `/${encodeURIComponent(part)}`).join("");
}

/** The cluster that the provider resource says. */
export interface Context {
  readonly cluster: Cluster;
  readonly discovery: Discovery;
  /** Where namespaced objects go that name no namespace. */
  readonly namespace: string;
}
