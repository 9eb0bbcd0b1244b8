import { isDeepStrictEqual } from "node:util";
import { type KubeClient } from "./client";
import { listAndWatch } from "./follow";

interface RawObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly resourceVersion: string };
}

/** Keeps a copy of all objects of a kind, cut down by `read`. */
export class Reflector<Raw extends RawObject, T> {
  private objects = new Map<string, T>();
  /** Of the newest list or change. */
  private version = 0;
  /** True once the first list is complete. */
  synced = false;

  /**
   * @param read cuts an object down; undefined leaves it out
   * @param onRead called with each object that is read, what was kept of it before, and what is from now on; during the first list `synced` is false
   */
  constructor(
    private readonly client: KubeClient,
    private readonly path: string,
    private readonly read: (raw: Raw) => T | undefined,
    private readonly onChange: () => void,
    private readonly onError: (message: string) => void,
    private readonly onRead: (raw: Raw, before: T | undefined, now: T | undefined) => void = () => undefined,
  ) {}

  values(): T[] {
    return [...this.objects.values()];
  }

  /** Follows the objects until the signal aborts. Never throws: errors are told, and tried again with a growing wait. */
  run(signal: AbortSignal): Promise<void> {
    const { client, path } = this;
    return listAndWatch<Raw, readonly [key: string, value?: T]>(
      {
        list: () => client.list(path, (raw: Raw) => this.entry(raw), { signal, silence: 60_000 }),
        watch: (version) => client.watch<Raw>(path, version, signal),
        pick: (raw, deleted) => {
          this.version = Number(raw.metadata.resourceVersion);
          return deleted ? [keyOf(raw)] : this.entry(raw);
        },
        signal,
        shortestWatch: 1_000,
      },
      {
        replace: (entries, version) => {
          this.version = Number(version);
          this.objects = new Map(entries as [string, T][]);
          this.synced = true;
          this.onChange();
        },
        set: ([key, value]) => this.set(key, value as T),
        remove: ([key]) => {
          this.objects.delete(key);
          this.onChange();
        },
        away: (error) => error && this.onError(`${path}: ${error.message}`),
      },
    );
  }

  /** Takes in an object that a write answered, so that the next decision knows it without waiting for the watch. */
  apply(raw: Raw): void {
    // The answer may come after what the watch brought: it must not replace a newer object, for which no event would come again.
    if (this.version >= Number(raw.metadata.resourceVersion)) return;
    const entry = this.entry(raw);
    if (entry) this.set(...entry);
  }

  /** Undefined for an object that is left out. */
  private entry(raw: Raw): readonly [string, T] | undefined {
    const value = this.read(raw);
    const key = keyOf(raw);
    this.onRead(raw, this.objects.get(key), value);
    if (value !== undefined) return [key, value];
    if (this.objects.delete(key)) this.onChange();
    return undefined;
  }

  private set(key: string, value: T): void {
    // Most changes, such as a node's heartbeat, are none for decisions.
    if (isDeepStrictEqual(value, this.objects.get(key))) return;
    this.objects.set(key, value);
    this.onChange();
  }
}

const keyOf = ({ metadata }: RawObject): string => `${metadata.namespace ?? ""}/${metadata.name}`;
