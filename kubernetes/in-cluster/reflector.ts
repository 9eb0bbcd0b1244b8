import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { ApiError, type KubeClient, SilenceError, waitTime } from "./client";

interface RawObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly resourceVersion: string };
}

interface RawList<Raw> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items: readonly Raw[];
}

interface WatchEvent<Raw> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: Raw & { readonly code?: number; readonly message?: string };
}

/** Objects in one page of a list; a page is held in memory only until its objects are cut down. */
const pageSize = 500;

/** The server ends a watch after this time, in seconds. */
const watchSeconds = 300;

/** The server sends a bookmark about every minute; a connection silent for longer is dead. Milliseconds. */
const silence = 100_000;

/** No two watches of a kind are opened within this time, in milliseconds: a proxy may end each at once. */
const shortestWatch = 1_000;

/**
 * Keeps a copy of all objects of a kind, cut down by `read`: lists them, then follows the watch; takes a broken watch up again
 * where it stopped, and lists anew when the server does not know that place any more.
 */
export class Reflector<Raw extends RawObject, T> {
  private objects = new Map<string, T>();
  /** Where the watch is; undefined when a list is needed. */
  private version: string | undefined;
  /** True once the first list is complete. */
  synced = false;

  /**
   * @param read cuts an object down; undefined leaves it out
   * @param onLeftOut told of each object once, when it is left out from now on (`known`), or was in the first list
   */
  constructor(
    private readonly client: KubeClient,
    private readonly path: string,
    private readonly read: (raw: Raw) => T | undefined,
    private readonly onChange: () => void,
    private readonly onError: (message: string) => void,
    private readonly onLeftOut: (raw: Raw, known: boolean) => void = () => undefined,
  ) {}

  values(): T[] {
    return [...this.objects.values()];
  }

  /** Follows the objects until the signal aborts. Never throws: errors are told, and tried again with a growing wait. */
  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      try {
        this.version ??= await this.list(signal);
        const started = performance.now();
        await this.watch(this.version, signal);
        failures = 0;
        const left = shortestWatch - (performance.now() - started);
        if (left > 0) await sleep(left, undefined, { signal });
      } catch (error) {
        if (signal.aborted) return;
        // Nothing has changed for long, or the connection is dead: a new watch from the same place serves both.
        if (error instanceof SilenceError && this.version !== undefined) continue;
        failures += 1;
        // 410: the place in the history is too old. Any refusal may come from a server restored to another history.
        if (error instanceof ApiError) this.version = undefined;
        this.onError(`${this.path}: ${(error as Error).message}`);
        await sleep(waitTime(Math.min(failures, 5), error), undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Takes in an object that a write answered, so that the next decision knows it without waiting for the watch. */
  apply(raw: Raw): void {
    // The answer may come after what the watch brought: it must not replace a newer object, for which no event would come again.
    if (Number(this.version) >= Number(raw.metadata.resourceVersion)) return;
    this.keep(raw);
  }

  private keep(raw: Raw): void {
    const value = this.read(raw);
    const key = keyOf(raw);
    // Most changes, such as a node's heartbeat, are none for decisions.
    if (isDeepStrictEqual(value, this.objects.get(key))) return;
    if (value === undefined) {
      this.objects.delete(key);
      this.onLeftOut(raw, true);
    } else this.objects.set(key, value);
    this.onChange();
  }

  private async list(signal: AbortSignal): Promise<string> {
    const objects = new Map<string, T>();
    for (let from: string | undefined; ;) {
      const query = { limit: pageSize, continue: from };
      const page = await this.client.call<RawList<Raw>>({ method: "GET", path: this.path, query, silence: 60_000 }, signal);
      for (const raw of page.items) {
        const value = this.read(raw);
        if (value !== undefined) objects.set(keyOf(raw), value);
        else {
          const known = this.objects.delete(keyOf(raw));
          if (known || !this.synced) this.onLeftOut(raw, known);
        }
      }
      from = page.metadata.continue;
      if (from) continue;
      this.objects = objects;
      this.synced = true;
      this.onChange();
      return page.metadata.resourceVersion;
    }
  }

  /** Follows the watch until the server ends it. */
  private async watch(version: string, signal: AbortSignal): Promise<void> {
    const query = { watch: true, allowWatchBookmarks: true, resourceVersion: version, timeoutSeconds: watchSeconds };
    const response = await this.client.open({ method: "GET", path: this.path, query, silence }, signal);
    let rest = "";
    for await (const text of response.setEncoding("utf8")) {
      const lines = (rest + (text as string)).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.take(JSON.parse(line) as WatchEvent<Raw>);
    }
  }

  private take({ type, object }: WatchEvent<Raw>): void {
    if (type === "ERROR") throw new ApiError(object.code ?? 500, "", object.message ?? "the watch failed", undefined);
    this.version = object.metadata.resourceVersion;
    if (type === "DELETED") {
      this.objects.delete(keyOf(object));
      this.onChange();
    } else if (type !== "BOOKMARK") this.keep(object);
  }
}

const keyOf = ({ metadata }: RawObject): string => `${metadata.namespace ?? ""}/${metadata.name}`;
