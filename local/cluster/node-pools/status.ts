import { isDeepStrictEqual } from "node:util";
import type { PoolView } from "../../api/state/pools";
import type { Condition, NodePool, NodePoolStatus } from "./decision";

/** Why the API refused what a resource asks for. */
export interface Reason {
  /** A word, such as "InsufficientVCPUsQuota". */
  readonly reason: string;
  readonly message: string;
}

/** The type of the condition that says whether the API has taken up the resource's spec. */
export const syncedCondition = "Synced";

/** An error as a condition's reason: the class of an API error without its "Client::" and the like. */
export function explain(error: unknown): Reason {
  const errorClass = error instanceof Error && "errorClass" in error && typeof error.errorClass === "string" ? error.errorClass : "Error";
  const reason = (errorClass.split("::").at(-1) ?? "").replace(/[^A-Za-z0-9_]/g, "") || "Error";
  return { reason, message: error instanceof Error ? error.message : String(error) };
}

/** What the status of a resource has to be. A condition keeps its time as long as its status stays. */
export function statusOf(resource: NodePool, pool: PoolView | undefined, refusal: Reason | undefined, now: Date): NodePoolStatus {
  const { generation } = resource.metadata;
  const wanted = refusal
    ? { status: "False" as const, reason: refusal.reason, message: refusal.message }
    : { status: "True" as const, reason: "Synced", message: "the API has this spec" };
  const before = resource.status?.conditions?.find((c) => c.type === syncedCondition);
  const condition: Condition = {
    type: syncedCondition,
    ...wanted,
    lastTransitionTime: before?.status === wanted.status ? before.lastTransitionTime : now.toISOString().replace(/\.\d+Z$/, "Z"),
    ...(generation === undefined ? {} : { observedGeneration: generation }),
  };
  return {
    currentNodes: pool?.currentNodes ?? 0,
    availableNodes: pool?.availableNodes ?? 0,
    upToDateNodes: pool?.upToDateNodes ?? 0,
    ...(refusal || generation === undefined ? {} : { observedGeneration: generation }),
    conditions: [...(resource.status?.conditions ?? []).filter((c) => c.type !== syncedCondition), condition],
  };
}

/** Whether writing `wanted` would change nothing. */
export function isReported(current: NodePoolStatus | undefined, wanted: NodePoolStatus): boolean {
  return current !== undefined && isDeepStrictEqual({ ...current, ...wanted }, current);
}
