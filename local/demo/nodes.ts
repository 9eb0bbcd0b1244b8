import { waitUntil } from "../lib/wait";
import { plural } from "../../common/text";
import { UserError } from "../lib/errors";

/** What the demo saw of the compute pool's nodes. */
export interface NodeTally {
  /** The most nodes at one time. */
  readonly peak: number;
  /** The nodes that are there now. */
  readonly final: number;
  readonly started: number;
  readonly stopped: number;
}

/** How often the nodes are counted, in milliseconds. */
const interval = 500;

/** Counts the nodes of one pool as they come and go. */
export class NodeWatch {
  private readonly seen = new Set<string>();
  private current = new Set<string>();
  private peak = 0;
  private timer: NodeJS.Timeout | undefined;
  private running = false;

  /** @param list names of the pool's nodes, asked of the API server */
  constructor(
    private readonly list: () => Promise<readonly string[]>,
    private readonly say: (line: string) => void,
  ) {}

  start(): void {
    const tick = async (): Promise<void> => {
      // A count that fails is one that the next tick makes up for.
      await this.count().catch(() => undefined);
      // Stopped meanwhile: a further timer would keep the process for ever.
      if (this.running) this.timer = setTimeout(() => void tick(), interval);
    };
    this.running = true;
    this.timer = setTimeout(() => void tick(), 0);
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
  }

  /** Waits until the pool has no node. @throws {UserError} after `timeout` milliseconds */
  async untilEmpty(timeout: number): Promise<void> {
    const isEmpty = async (): Promise<boolean> => {
      await this.count();
      return this.current.size === 0;
    };
    if (await waitUntil(isEmpty, timeout, interval)) return;
    throw new UserError(
      `The compute pool still has ${plural(this.current.size, "node")} after ${timeout / 1000} s: ${[...this.current].join(", ")}`,
    );
  }

  tally(): NodeTally {
    return { peak: this.peak, final: this.current.size, started: this.seen.size, stopped: this.seen.size - this.current.size };
  }

  private async count(): Promise<void> {
    const names = new Set(await this.list());
    if (names.size !== this.current.size) this.say(`  compute pool: ${plural(names.size, "node")}`);
    for (const name of names) this.seen.add(name);
    this.current = names;
    this.peak = Math.max(this.peak, names.size);
  }
}

/** Lists the names of a pool's nodes with the given kubeconfig (YAML). */
export async function nodeLister(kubeconfig: string, pool: string): Promise<() => Promise<string[]>> {
  const { CoreV1Api, KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  return async () => {
    const nodes = await core.listNode({ labelSelector: `nodepool=${pool}` });
    return nodes.items.flatMap((node) => node.metadata?.name ?? []);
  };
}
