/** Reading what is recorded. */
import { forEach } from "../../common/concurrency";
import { bookkeeping } from "../storage/keys";
import { type Store } from "../storage/store";
import { readJson } from "../storage/stored-json";
import { isRecord, isSummary, type Summary, type TaskRecord } from "./shapes";

/** How many requests to the store are under way at a time. */
export const parallel = 32;

export const recordKey = (prefix: string, fingerprint: string): string => `${prefix}${bookkeeping.records}${fingerprint}.json`;

export const summaryKey = (prefix: string): string => `${prefix}${bookkeeping.summary}`;

/** A task's whole record, if there is one. */
export const readRecord = (store: Store, prefix: string, fingerprint: string): Promise<TaskRecord | undefined> =>
  readJson(store, recordKey(prefix, fingerprint), (value) => {
    if (!isRecord(value)) return "no record of a task";
    return value.fingerprint === fingerprint ? undefined : "the record of another task";
  });

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
export const readSummary = (store: Store, prefix: string): Promise<Summary | undefined> =>
  readJson(store, summaryKey(prefix), (value) => (isSummary(value) ? undefined : "no summary of a run"));
