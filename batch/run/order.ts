/** Which batch Jobs a Job may wait for. */
import { type JobEntry, loadJob } from "../records/registry";
import { type Parameters } from "../spec";
import { foreignNamespace } from "../spec/trust";
import { type Store } from "../storage/store";

/** Returns a fault for each Job of `after` that is not in the bucket or has another namespace, and where the Job would wait for itself. */
export async function orderFaults({ name, namespace, after, store: { bucket } }: Parameters, store: Store): Promise<string[]> {
  const entries = new Map<string, JobEntry | undefined>();
  const faults: string[] = [];
  // Each path is a chain of names, of which each waits for the next.
  const paths = after.map((next) => [name, next]);
  for (let path = paths.shift(); path; path = paths.shift()) {
    const last = path.at(-1)!;
    if (last === name) {
      const chain = path.map((one) => `'${one}'`).join(" after ");
      faults.push(`after: ${chain} is a cycle, in which each waits for the next; take one of the names out of 'after'`);
    }
    if (last === name || entries.has(last)) continue;
    const entry = await loadJob(store, last);
    entries.set(last, entry);
    const next = entry?.parameters.after;
    if (Array.isArray(next)) for (const one of next) paths.push([...path, one]);
  }
  for (const other of after) {
    const entry = entries.get(other);
    const foreign = entry && foreignNamespace(entry.parameters, namespace);
    if (foreign) faults.push(`after: ${foreign}`);
    else if (!entry && other !== name) faults.push(`after: there is no batch Job '${other}' in the bucket '${bucket}'; submit it first`);
  }
  return faults;
}
