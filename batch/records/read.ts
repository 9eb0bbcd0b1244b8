/** Reading what is recorded. */
import { forEach } from "../concurrency";
import { bookkeeping } from "../keys";
import { type Store } from "../store";
import { type Summary, type TaskRecord } from "./shapes";

/** How many requests to the store are under way at a time. */
export const parallel = 32;

export const recordKey = (prefix: string, fingerprint: string): string => `${prefix}${bookkeeping.records}${fingerprint}.json`;

export const summaryKey = (prefix: string): string => `${prefix}${bookkeeping.summary}`;

/** A task's whole record, if there is one. */
export async function readRecord(store: Store, prefix: string, fingerprint: string): Promise<TaskRecord | undefined> {
  const text = await store.get(recordKey(prefix, fingerprint));
  return text === undefined ? undefined : (JSON.parse(text) as TaskRecord);
}

/** All records of the tasks of the last run, in its order; those that are gone are left out. */
export async function loadRecords(store: Store, prefix: string): Promise<TaskRecord[]> {
  const rows = (await readSummary(store, prefix))?.tasks ?? [];
  const records = new Map<string, TaskRecord>();
  await forEach(rows, parallel, async ({ fingerprint }) => {
    const record = await readRecord(store, prefix, fingerprint);
    if (record) records.set(fingerprint, record);
  });
  return rows.flatMap(({ fingerprint }) => records.get(fingerprint) ?? []);
}

/** The last run's tasks that had ended, and how many there were; undefined before the first run has ended. */
export async function readSummary(store: Store, prefix: string): Promise<Summary | undefined> {
  const text = await store.get(summaryKey(prefix));
  return text === undefined ? undefined : (JSON.parse(text) as Summary);
}
