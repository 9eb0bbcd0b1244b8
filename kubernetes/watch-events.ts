/** Keeps up with all objects of a kind: lists them, then watches the changes, over broken connections, expired versions and an API server that is away. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Cluster, ClusterError, type Kind, type Kinds, type Selector } from "./cluster";

export interface Follower<T> {
  /** All objects there are; comes first, and again whenever changes may have been missed. */
  replace(objects: readonly T[]): void;
  set(object: T): void;
  remove(object: T): void;
  /** The API server does not answer, or does again (undefined). */
  away(error: ClusterError | undefined): void;
}

export interface FollowOptions<K extends Kind, T> {
  readonly cluster: Cluster;
  readonly kind: K;
  readonly namespace: string;
  readonly selector: Selector;
  /** Takes what is needed of an object; undefined: it is none of ours. The object itself is not kept. */
  readonly pick: (object: Kinds[K]) => T | undefined;
  readonly signal: AbortSignal;
}

/** How long the API server may be away before the watch gives up, in milliseconds. */
const patience = 15 * 60_000;
const firstPause = 250;
const longestPause = 10_000;

/** Runs until `signal` aborts. @throws {ClusterError} when the API server refuses, or is away for longer than 15 minutes. */
export async function follow<K extends Kind, T>(options: FollowOptions<K, T>, follower: Follower<T>): Promise<void> {
  const { cluster, kind, namespace, selector, pick, signal } = options;
  let version: string | undefined;
  let pause = firstPause;
  let awaySince: number | undefined;
  const answered = () => {
    if (awaySince !== undefined) follower.away(undefined);
    awaySince = undefined;
    pause = firstPause;
  };
  while (!signal.aborted) {
    try {
      if (version === undefined) {
        const listed = await cluster.list(kind, namespace, selector, pick);
        version = listed.version;
        if (signal.aborted) return;
        answered();
        follower.replace(listed.items);
      }
      const began = Date.now();
      for await (const event of cluster.watch(kind, namespace, selector, version, signal)) {
        answered();
        if (event.type === "EXPIRED") {
          version = undefined;
          break;
        }
        version = event.object.metadata.resourceVersion ?? version;
        if (event.type === "BOOKMARK") continue;
        const picked = pick(event.object);
        if (picked && event.type === "DELETED") follower.remove(picked);
        else if (picked) follower.set(picked);
      }
      answered();
      // A server or proxy that ends each watch at once must not be asked again without a pause.
      if (Date.now() - began < firstPause) await sleep(firstPause, undefined, { signal }).catch(() => undefined);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ClusterError)) throw error;
      if (error.status === 410) version = undefined;
      else if (!error.transient) throw error;
      awaySince ??= Date.now();
      if (Date.now() - awaySince > patience) throw error;
      follower.away(error);
      await sleep(pause, undefined, { signal }).catch(() => undefined);
      pause = Math.min(pause * 2, longestPause);
    }
  }
}
