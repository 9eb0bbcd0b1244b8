/**
 * What every service of the emulator works with: the state, the clock, the faults that a test asks for, work in the background.
 * Imports `state/` only.
 */
import { doubling, retry } from "../../../common/retry";
import type { ClusterBackend, StorageBackend } from "../state/backends";
import type { Clock } from "./clock";
import type { Faults } from "./faults";
import type { State } from "../state/model";
import type { Store } from "../state/store";

/** How long the asynchronous operations take besides their real work, in milliseconds. A fault may set other values. */
export interface Delays {
  /** Extra time that a node takes to boot. */
  readonly boot: number;
  readonly cluster: number;
  readonly pool: number;
  readonly user: number;
  readonly network: number;
  readonly update: number;
  readonly delete: number;
  /** Between two tries to boot a node whose flavor is out of stock. */
  readonly stock: number;
}

/** Short, since the official clients poll every few seconds anyway. */
export const defaultDelays: Delays = { boot: 0, cluster: 0, pool: 0, user: 500, network: 500, update: 500, delete: 0, stock: 30_000 };

/** What all services of the emulator work with. */
export interface Context {
  /** The project's id: 32 hexadecimal digits. */
  readonly serviceName: string;
  readonly store: Store<State>;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly delays: Delays;
  readonly cluster: ClusterBackend;
  readonly storage: StorageBackend;
  /** How many clusters the backend can hold. */
  readonly maxClusters: number;
  /** Whether a pool may name the zone of a region that has no other; what OVHcloud does is not known. */
  readonly oneZone: "accept" | "refuse";
  /** What decides how much a cluster's etcd may hold. */
  readonly etcdQuota: "nodes" | "plan" | "off";
  /** The one region that has Object Storage, e.g. `GRA`. */
  readonly storageRegion: string;
  /** 0 inclusive to 1 exclusive; decides what the real API leaves unspecified. */
  readonly random: () => number;
  /** Says what happens behind the API; never a secret. */
  readonly log: (line: string) => void;
}

/** The time that an operation is to take, in milliseconds. */
export function delayOf(context: Context, operation: Exclude<keyof Delays, "boot">): number {
  return context.faults.delay(operation) ?? context.delays[operation];
}

export const nowText = (context: Context): string => context.clock.now().toISOString();

/**
 * Repeats work that a passing fault may fail, with pauses that double from 1 s to 30 s.
 *
 * @param fatal errors that no repetition mends
 */
export async function attempt<T>(
  context: Context,
  what: string,
  work: () => Promise<T>,
  options: { tries: number; signal?: AbortSignal; fatal?: (error: unknown) => boolean },
): Promise<T> {
  const logged = (tried: number): Promise<T> =>
    work().catch((error: unknown) => {
      options.signal?.throwIfAborted();
      context.log(`${what} failed (try ${tried}): ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    });
  return retry(logged, {
    tries: options.tries,
    pauses: doubling(1_000, 30_000),
    again: (error) => !options.fatal?.(error),
    wait: (pause, signal) => context.clock.sleep(pause, signal),
    ...(options.signal && { signal: options.signal }),
  });
}
