/** Reading what is recorded. */
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

/** The last run's tasks that had ended, and how many there were; undefined before the first run has ended. */
export const readSummary = (store: Store, prefix: string): Promise<Summary | undefined> =>
  readJson(store, summaryKey(prefix), (value) => (isSummary(value) ? undefined : "no summary of a run"));
