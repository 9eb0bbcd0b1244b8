/** Reading what is recorded. */
import { forEach } from "../concurrency";
import { bookkeeping } from "../keys";
import { type Store } from "../store";
import { isRecord, isSummary, type Summary, type TaskRecord } from "./shapes";

/** How many requests to the store are under way at a time. */
export const parallel = 32;

export const recordKey = (prefix: string, fingerprint: string): string => `${prefix}${bookkeeping.records}${fingerprint}.json`;

export const summaryKey = (prefix: string): string => `${prefix}${bookkeeping.summary}`;

/** Told of what is no record, or no summary: it counts as absent. */
export type Say = (text: string) => void;

const silent: Say = () => undefined;

/** A task's whole record, if there is one. */
export async function readRecord(store: Store, prefix: string, fingerprint: string, say = silent): Promise<TaskRecord | undefined> {
  const key = recordKey(prefix, fingerprint);
  return parse(key, await store.get(key), (value) => isRecord(value) && value.fingerprint === fingerprint, say);
}

/** All records of the tasks of the last run, in its order; those that are gone are left out. */
export async function loadRecords(store: Store, prefix: string, say = silent): Promise<TaskRecord[]> {
  const rows = (await readSummary(store, prefix, say))?.tasks ?? [];
  const records = new Map<string, TaskRecord>();
  await forEach(rows, parallel, async ({ fingerprint }) => {
    const record = await readRecord(store, prefix, fingerprint, say);
    if (record) records.set(fingerprint, record);
  });
  return rows.flatMap(({ fingerprint }) => records.get(fingerprint) ?? []);
}

/** The last run's tasks that had ended, and how many there were; undefined before the first run has ended. */
export async function readSummary(store: Store, prefix: string, say = silent): Promise<Summary | undefined> {
  const key = summaryKey(prefix);
  return parse(key, await store.get(key), (value: Summary) => isSummary(value), say);
}

function parse<T>(key: string, text: string | undefined, isRight: (value: T) => boolean, say: Say): T | undefined {
  if (text === undefined) return undefined;
  try {
    const value = JSON.parse(text) as T;
    if (isRight(value)) return value;
  } catch {
    // Told below.
  }
  say(`${key} in the bucket is not what this program writes there, and counts as absent`);
  return undefined;
}
