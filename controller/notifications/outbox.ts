/**
 * The messages of a Job in the bucket, with what became of each: `batch/.jobs/notices/<job>.json`. It is one object a Job, as old ones need not be deleted
 * then. Every change is written on the condition that nobody else changed the object meanwhile, so that any number of processes agree on who sends what.
 */
import type * as z from "zod";
import { registryPrefix } from "../../batch/storage/keys";
import { type Store, StoreError } from "../../batch/storage/store";
import { readJson } from "../../batch/storage/stored-json";
import { type Entries, outboxSchema, pendingOf } from "./entries";

const prefix = `${registryPrefix}notices/`;

/** How often another process may be quicker with the same object. */
const contention = 50;

/** The entries after a change; undefined: nothing changes. May be called several times. */
export type Change = (entries: Entries) => Entries | undefined;

interface Known {
  /** "absent" where there is no object. */
  readonly etag: string;
  readonly entries: Entries;
}

const keyOf = (job: string): string => `${prefix}${job}.json`;

export class Outboxes {
  /** Those that have something pending, as this process knows them. */
  private readonly known = new Map<string, Known>();
  /** The last change of each Job: they come one after the other. */
  private readonly changing = new Map<string, Promise<unknown>>();

  constructor(private readonly store: Store) {}

  /** ETags of all outboxes of the bucket, by the names of the Jobs. @throws {StoreError} */
  async list(): Promise<Map<string, string>> {
    const etags = new Map<string, string>();
    await this.store.list(prefix, ({ key, etag }) => {
      if (key.endsWith(".json")) etags.set(key.slice(prefix.length, -".json".length), etag);
    });
    return etags;
  }

  /** Takes note of what a Job's outbox is now: the next change reads it, if another process has changed it. */
  refresh(job: string, etag: string): void {
    if (this.known.get(job)?.etag !== etag) this.known.delete(job);
  }

  /** Changes a Job's outbox, and returns it as it is then. @throws {StoreError} */
  update(job: string, change: Change): Promise<Entries> {
    const before = this.changing.get(job) ?? Promise.resolve();
    const work = before.catch(() => undefined).then(() => this.change(job, change));
    this.changing.set(job, work);
    const forget = (): void => {
      if (this.changing.get(job) === work) this.changing.delete(job);
    };
    work.then(forget, forget);
    return work;
  }

  private async change(job: string, change: Change): Promise<Entries> {
    for (let i = 0; i < contention; i++) {
      const { etag, entries } = this.known.get(job) ?? (await this.load(job));
      const changed = change(entries);
      if (!changed) return this.keep(job, { etag, entries });
      const written = await this.store.put(keyOf(job), JSON.stringify({ entries: changed }), etag);
      if (written !== undefined) return this.keep(job, { etag: written, entries: changed });
      this.known.delete(job);
    }
    throw new StoreError(`cannot write ${keyOf(job)}: other processes keep writing it`);
  }

  private keep(job: string, known: Known): Entries {
    if (known.entries.some((entry) => pendingOf(entry).length > 0)) this.known.set(job, known);
    else this.known.delete(job);
    return known.entries;
  }

  private async load(job: string): Promise<Known> {
    const key = keyOf(job);
    let etag = "absent";
    // Before its content: where that is newer, the next write is refused.
    await this.store.list(key, (object) => {
      if (object.key === key) etag = object.etag;
    });
    const outbox = await readJson<z.infer<typeof outboxSchema>>(this.store, key, (value) => {
      const result = outboxSchema.safeParse(value);
      return result.success ? undefined : result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
    });
    return { etag, entries: outbox?.entries ?? [] };
  }
}
