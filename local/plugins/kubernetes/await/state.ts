import { isObject, type Properties } from "../../protocol/values";

/** How far an object is: `waiting` may become ready by itself, `failed` will not. */
export type Readiness = { readonly state: "ready" } | { readonly state: "waiting" | "failed"; readonly message: string };

export const ready: Readiness = { state: "ready" };
export const waiting = (message: string): Readiness => ({ state: "waiting", message });
export const failed = (message: string): Readiness => ({ state: "failed", message });

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

export const statusOf = (object: Properties): Properties => (isObject(object.status) ? object.status : {});

export function conditionOf(object: Properties, type: string): Condition | undefined {
  const { conditions } = statusOf(object);
  return Array.isArray(conditions) ? (conditions as Condition[]).find((one) => one.type === type) : undefined;
}

export function loadBalancer(object: Properties): Readiness {
  const { loadBalancer: balancer } = statusOf(object);
  const ingress = isObject(balancer) ? balancer.ingress : undefined;
  return Array.isArray(ingress) && ingress.length > 0 ? ready : waiting("waiting for a load balancer's address");
}
