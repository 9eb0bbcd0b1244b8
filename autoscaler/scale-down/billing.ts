import { hourEnd } from "../../common/hours";
import { type CompleteRules } from "../state/rules";

/** Milliseconds. */
const hour = 3_600_000;

/**
 * From when on an idle node may go, in milliseconds since 1970; `now` when it may go already. With hourly billing (the US) OVHcloud bills every clock
 * hour in which a node exists (one that runs from 12:50 to 13:10 pays two), so that a node costs nothing more until the full hour.
 * @param lead milliseconds that have to pass between now and the removal
 */
export function removableFrom(now: number, { billing, billingMargin }: CompleteRules, lead: number): number {
  if (billing === "perSecond") return now;
  const end = hourEnd(now);
  // Too late for this hour: the next one will have begun by the time that the node is gone.
  if (now + lead >= end) return end + hour - billingMargin;
  return Math.max(now, end - billingMargin);
}
