/** The attempts at a task, and where each one's log is. */
import { logsPrefix, readLog, readRecord, type Store } from "../../batch";

export interface AttemptLog {
  /** From 1. */
  readonly attempt: number;
  readonly pod: string;
  /** Where the log is in the bucket; undefined while the pod runs, or if the log could not be kept. */
  readonly key?: string;
  /** What is known in place of a log that could not be kept. */
  readonly log?: string;
  readonly live: boolean;
}

/** All attempts at a task in their order. @param pod that works on it now, if there is one */
export async function attemptsAt(store: Store, prefix: string, fingerprint: string, pod: string | undefined): Promise<AttemptLog[]> {
  const record = await readRecord(store, prefix, fingerprint);
  const recorded = (record?.attempts ?? []).map(({ pod, logKey, log }) => ({ pod, key: logKey, log, live: false }));
  const kept = pod !== undefined || !record ? await keptLogs(store, `${logsPrefix(prefix)}${fingerprint}/`) : [];
  const before = [...recorded, ...kept.filter(({ pod }) => !recorded.some((other) => other.pod === pod))];
  const all = pod === undefined ? before : [...before.filter((other) => other.pod !== pod), { pod, live: true }];
  return all.map((one, i) => ({ attempt: i + 1, ...one }));
}

/** Returns the log of an attempt that has ended, or what is known in its place. */
export const keptLog = async (store: Store, { key, log }: AttemptLog): Promise<string> =>
  (key === undefined ? undefined : await readLog(store, key)) ?? log ?? "(its log was not kept)";

/** Logs of attempts whose task has not ended yet. */
async function keptLogs(store: Store, prefix: string): Promise<{ pod: string; key: string; live: false }[]> {
  const found: { key: string; modified: string }[] = [];
  await store.list(prefix, ({ key, modified }) => found.push({ key, modified }));
  found.sort((a, b) => (a.modified < b.modified ? -1 : 1));
  return found.map(({ key }) => ({ key, pod: key.slice(prefix.length).replace(/\.log$/, ""), live: false }));
}
