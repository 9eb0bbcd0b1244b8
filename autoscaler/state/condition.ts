import { type Pool } from "./model";
import { type Action } from "./action";
import { type RawCondition } from "./raw";

/** The condition of a NodePool that says whether OVHcloud refuses it nodes that pods wait for. */
export const blockedCondition = "autoscaler.ovh-mks-batch/Blocked";

/** A pool's condition is not written more often, in milliseconds: whoever else writes the status might drop it each time. */
const pause = 30_000;

/** Characters; the reason that an API gives may be long, and the condition is to be read in a table. */
const longestMessage = 1_000;

/**
 * What a pool's condition has to become, if it is not that.
 *
 * @param blocked why OVHcloud refuses it nodes
 * @param toldAt when the condition was last to be written, in milliseconds since 1970
 */
export function conditionOf(pool: Pool, blocked: string | undefined, toldAt: number | undefined, now: number): Action[] {
  const message = blocked?.slice(0, longestMessage);
  if (message === pool.blocked || (toldAt !== undefined && now < toldAt + pause)) return [];
  const reason = message === undefined ? "OVHcloud refuses it no nodes any more" : `OVHcloud refuses it nodes: ${message}`;
  return [{ type: "condition", pool, blocked: message, reason }];
}

/** Why OVHcloud refuses a pool nodes, as its condition says; undefined when it says that it does not, or nothing. */
export function toldBy(conditions: readonly RawCondition[]): string | undefined {
  const own = conditions.find(({ type }) => type === blockedCondition);
  return own?.status === "True" ? (own.message ?? "") : undefined;
}

/** The conditions of a pool with this one brought up to date, and those of others. Its time is that of its last change of status. */
export function withCondition(conditions: readonly RawCondition[], blocked: string | undefined, now: number): RawCondition[] {
  const before = conditions.find(({ type }) => type === blockedCondition);
  const status = blocked === undefined ? "False" : "True";
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
  const own: RawCondition = {
    type: blockedCondition,
    status,
    reason: blocked === undefined ? "NodesGranted" : "NodesRefused",
    message: blocked ?? "",
    lastTransitionTime: before?.status === status ? (before.lastTransitionTime ?? time) : time,
  };
  return [...conditions.filter(({ type }) => type !== blockedCondition), own];
}
