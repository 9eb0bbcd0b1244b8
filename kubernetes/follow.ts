/** Keeps up with all objects of a kind: lists them, then watches the changes, over broken connections, expired versions and an API server that is away. */
import { setTimeout as sleep } from "node:timers/promises";
import { waitTime } from "./client";
import { type Cluster, ClusterError, type Kind, type Kinds, type Listed, type Selector, type WatchEvent } from "./cluster";

export interface Follower<T> {
  /** All objects there are, at this version; comes first, and again whenever changes may have been missed. */
  replace(objects: readonly T[], version: string): void;
  set(object: T): void;
  remove(object: T): void;
  /** The API server does not answer, or does again (undefined). */
  away?(error: Error | undefined): void;
}

export interface Source<Raw, T> {
  readonly list: () => Promise<Listed<T>>;
  readonly watch: (version: string) => AsyncIterable<WatchEvent<Raw>>;
  /** Takes what is needed of a changed object; undefined: it is none of ours. The object itself is not kept. */
  readonly pick: (object: Raw, deleted: boolean) => T | undefined;
  readonly signal: AbortSignal;
  /** Milliseconds for which the API server may be away; a refusal that no wait heals ends it at once. Without it, nothing ends it. */
  readonly patience?: number;
  /** No two watches are opened within this time, in milliseconds: a server or proxy may end each at once. @default 250 */
  readonly shortestWatch?: number;
}

/** Runs until the signal aborts. @throws {ClusterError} if there is a `patience` and it ends */
export async function listAndWatch<Raw extends { readonly metadata: { readonly resourceVersion?: string } }, T>(
  { list, watch, pick, signal, patience, shortestWatch = 250 }: Source<Raw, T>,
  follower: Follower<T>,
): Promise<void> {
  let version: string | undefined;
  let failures = 0;
  let awaySince: number | undefined;
  const answered = (): void => {
    if (failures > 0) follower.away?.(undefined);
    failures = 0;
    awaySince = undefined;
  };
  /** What was listed is not kept: the watch after it takes hours. */
  const begin = async (): Promise<string> => {
    const listed = await list();
    if (signal.aborted) return listed.version;
    answered();
    follower.replace(listed.items, listed.version);
    return listed.version;
  };
  const pause = (milliseconds: number): Promise<unknown> => sleep(milliseconds, undefined, { signal }).catch(() => undefined);
  while (!signal.aborted) {
    try {
      version ??= await begin();
      if (signal.aborted) return;
      const began = performance.now();
      for await (const event of watch(version)) {
        answered();
        if (event.type === "EXPIRED") {
          version = undefined;
          break;
        }
        version = event.object.metadata.resourceVersion ?? version;
        if (event.type === "BOOKMARK") continue;
        const picked = pick(event.object, event.type === "DELETED");
        if (picked !== undefined) follower[event.type === "DELETED" ? "remove" : "set"](picked);
      }
      answered();
      const left = shortestWatch - (performance.now() - began);
      if (left > 0) await pause(left);
    } catch (fault) {
      if (signal.aborted) return;
      const error = fault as Error;
      const status = error instanceof ClusterError ? error.status : undefined;
      awaySince ??= Date.now();
      if (patience !== undefined) {
        const passing = error instanceof ClusterError && (error.transient || status === 410);
        if (!passing || Date.now() - awaySince > patience) throw error;
      }
      // Any refusal may come from a server that was restored to another history.
      if (status !== undefined && status !== 429) version = undefined;
      failures += 1;
      follower.away?.(error);
      await pause(waitTime(Math.min(failures, 6), error));
    }
  }
}

export interface FollowOptions<K extends Kind, T> {
  readonly cluster: Cluster;
  readonly kind: K;
  readonly namespace: string;
  readonly selector: Selector;
  readonly pick: (object: Kinds[K]) => T | undefined;
  readonly signal: AbortSignal;
  /** Milliseconds for which the API server may be away. @default 15 minutes */
  readonly patience?: number;
}

/** Follows objects of a cluster. @throws {ClusterError} when the API server refuses, or is away for longer than the patience. */
export function follow<K extends Kind, T>(options: FollowOptions<K, T>, follower: Follower<T>): Promise<void> {
  const { cluster, kind, namespace, selector, pick, signal, patience = 15 * 60_000 } = options;
  return listAndWatch(
    {
      list: () => cluster.list(kind, namespace, selector, pick),
      watch: (version) => cluster.watch(kind, namespace, selector, version, signal),
      pick,
      signal,
      patience,
    },
    follower,
  );
}
