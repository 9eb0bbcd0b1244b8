/**
 * The records that a page is made of. Rows of the summary say nearly all of it in one object: a whole record is read only where it says more, which is the end
 * of a log, and why earlier attempts failed.
 */
import { type Attempt, readRecord, type RecordedRow, type TaskRecord } from "../batch/records";
import { type Store } from "../batch/storage/store";
import { forEach } from "../common/concurrency";
import { failuresOf } from "./failures";

/** Most tasks with several attempts whose records are read. */
const mostRetried = 1_000;

/** Requests to the bucket at a time. */
const parallel = 16;

/** Stands for the reason of an attempt whose record is not read. */
export const unread = "Reason not shown: the records in the bucket have it";

/** @param prefix of the Job's results @throws {StoreError} when the bucket cannot be read */
export async function recordsOf(rows: readonly RecordedRow[], store: Store, prefix: string): Promise<TaskRecord[]> {
  const records = rows.map(recordOf);
  const withLogs = failuresOf(records, []).groups.flatMap(({ tasks }) => tasks);
  const retried = records.filter(({ attempts }) => attempts.length > 1).slice(0, mostRetried);
  const wanted = new Set([...withLogs, ...retried].map(({ fingerprint }) => fingerprint));
  const whole = new Map<string, TaskRecord>();
  await forEach(wanted, parallel, async (fingerprint) => {
    const record = await readRecord(store, prefix, fingerprint);
    if (record) whole.set(fingerprint, record);
  });
  return records.map((record) => whole.get(record.fingerprint) ?? record);
}

/** What a row says, in the form of a record. */
function recordOf({ attempts: count, earlier = [], jobUid, etag: _etag, ...row }: RecordedRow): TaskRecord {
  const { node, start, end, exitCode, reason, logKey } = row;
  const before = earlier.map((span): Attempt => ({ pod: "", ...span, reason: unread }));
  const attempts = count === 0 ? [] : [...before, { pod: "", node, start, end, exitCode, reason, logKey }];
  return { ...row, attempts, job: { name: "", uid: jobUid, index: 0 } };
}
