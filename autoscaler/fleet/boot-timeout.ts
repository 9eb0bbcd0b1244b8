import { hasGpus } from "../state/flavor";
import { type History, type UpcomingNode } from "../state/history";
import { type Node, type Pool, type Times } from "../state/model";
import { bootTimeoutOf, type CompleteRules } from "../state/rules";

/** Boots that have to be seen before they shorten the time that a node is waited for, and the shortest such time in milliseconds. */
const fewestBoots = 5;
const shortestWait = 300_000;

/**
 * After how long OVHcloud mends a node that is not Ready, in milliseconds: with the plan Free it installs it anew, with Standard it replaces it. Another
 * one that is ordered before would be paid for beside it.
 */
const healing = 600_000;

/**
 * The part of a pool, and at least one node, that may be given up: within a boot timeout, and as long as the nodes are there, for these are paid. Where
 * more fail, those ordered in their place would likely fail too.
 */
const share = 1 / 20;

/** Gives up a pool's nodes that take too long, at a bounded rate. */
export class BootTimeouts {
  /** When nodes were given up within the boot timeout, now included; milliseconds since 1970. */
  readonly times: number[];
  /** When more nodes are due. */
  readonly wakeTimes: number[] = [];
  /** How many more nodes would have been given up, if the budget had allowed it. */
  overdue = 0;
  private budget: number;
  private readonly limit: number;
  /** How long a node that was Ready may be not Ready. */
  private readonly unready: number;

  /** @param there when those nodes were given up that the pool still has, in milliseconds since 1970 */
  constructor(
    pool: Pool,
    history: History,
    there: readonly number[],
    private readonly now: number,
    rules: CompleteRules,
  ) {
    const timeout = bootTimeoutOf(pool.flavor, rules);
    const isRecent = (time: number): boolean => now - time < timeout;
    this.times = (history.givenUp.get(pool.name) ?? []).filter(isRecent);
    this.limit = bootLimit(history.boots.get(pool.flavor), timeout);
    const { usualBoot, unreadyTimeout } = rules;
    const mended =
      (history.boots.get(pool.flavor)?.count ?? 0) < fewestBoots && !hasGpus(pool.flavor, rules.flavors) ? usualBoot : this.limit;
    this.unready = unreadyTimeout === "healed" ? healing + mended : unreadyTimeout;
    const spent = this.times.length + there.filter((time) => !isRecent(time)).length;
    this.budget = Math.max(1, Math.ceil((pool.desired - spent) * share)) - spent;
  }

  /** Gives up a node that is ordered and has not joined, if its time has come and the budget allows it. @returns when: now, or undefined */
  takeUpcoming({ orderedAt }: UpcomingNode): number | undefined {
    return this.take(orderedAt + this.limit);
  }

  /**
   * The same for one that has joined and is not Ready: the time for a boot counts as long as it may not have been Ready yet.
   *
   * @param orderedAt undefined for one that was Ready, or may have been
   * @param wasReady it was seen Ready
   */
  takeNode({ createdAt, notReadySince = createdAt }: Node, orderedAt: number | undefined, wasReady: boolean): number | undefined {
    if (orderedAt !== undefined) return this.take(orderedAt + this.limit);
    const lost = notReadySince + this.unready;
    return this.take(wasReady ? lost : Math.max(createdAt + this.limit, lost));
  }

  private take(due: number): number | undefined {
    if (due > this.now) this.wakeTimes.push(due);
    if (due > this.now) return undefined;
    if (this.budget <= 0) {
      this.overdue += 1;
      return undefined;
    }
    this.budget -= 1;
    this.times.push(this.now);
    return this.now;
  }
}

/** How long a node of the flavor may take from its order to Ready: longer than any other is likely to, within the boot timeout. */
function bootLimit(boots: Times | undefined, bootTimeout: number): number {
  if (!boots || boots.count < fewestBoots) return bootTimeout;
  return Math.min(bootTimeout, Math.max(shortestWait, 1.5 * boots.mean, boots.mean + 4 * boots.deviation));
}
