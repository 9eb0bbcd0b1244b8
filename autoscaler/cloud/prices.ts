import { setTimeout as sleep } from "node:timers/promises";
import { nodeHourIn, parseCatalog } from "../../common/catalog";
import { reasonOf } from "../../common/connection";
import { readPublic } from "../../common/ovh/public";

/** Milliseconds. The timeout is of all tries at one time together. */
const timeout = 20_000;
const freshFor = 24 * 3_600_000;
const firstRetry = 60_000;
const longestRetry = 3_600_000;

export interface PriceList {
  /** Of a node's hour, by flavor. */
  readonly prices: Readonly<Record<string, number>>;
  /** E.g. EUR; undefined when only the configuration gives prices. */
  readonly currency: string | undefined;
}

/** The prices of OVHcloud's public catalogue, fetched again every day, with the configured ones on top. */
export class Prices {
  list: PriceList;

  /**
   * @param url of the catalogue; undefined: only the configured prices count
   * @param threeZones the region has three availability zones, and so prices of its own
   */
  constructor(
    private readonly url: string | undefined,
    private readonly own: Readonly<Record<string, number>>,
    private readonly threeZones: boolean,
    private readonly onError: (message: string) => void,
  ) {
    this.list = { prices: own, currency: undefined };
  }

  /** Never throws: without the catalogue flavors go by size, and it is asked for again after growing waits. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.url === undefined) return;
    for (let wait = firstRetry; !signal.aborted;) {
      const done = await this.fetch(this.url, signal);
      await sleep(done ? freshFor : wait, undefined, { signal }).catch(() => undefined);
      wait = done ? firstRetry : Math.min(2 * wait, longestRetry);
    }
  }

  private async fetch(url: string, signal: AbortSignal): Promise<boolean> {
    try {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
      const { flavors, currency } = parseCatalog(await readPublic(url, limit));
      const prices = [...flavors].flatMap(([name, flavor]) => {
        const nodeHour = nodeHourIn(flavor, this.threeZones);
        return nodeHour === undefined ? [] : [[name, nodeHour] as const];
      });
      this.list = { prices: { ...Object.fromEntries(prices), ...this.own }, currency };
      return true;
    } catch (error) {
      if (!signal.aborted) this.onError(`the prices at ${url}: ${reasonOf(error)}; nodes go by size meanwhile`);
      return false;
    }
  }
}
