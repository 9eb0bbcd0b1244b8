/** Which batch Jobs use a bucket: `batch/.jobs/<name>.json` says how each was last launched, so that another process or machine can ask for it by name. */
import { forEach } from "./concurrency";
import { BatchError } from "./errors";
import { registryPrefix } from "./keys";
import { type Parameters, parseParameters, type StoreSettings } from "./parameters";
import { type Store } from "./store";

export type Submitter = "pulumi" | "mks-batch";

export interface JobEntry {
  /** All but `store`, whose keys are secret. */
  readonly parameters: Omit<Parameters, "store">;
  /** When it was last launched, or its parameters changed; ISO 8601 in UTC. */
  readonly submittedAt: string;
  readonly submittedBy: Submitter;
}

const keyOf = (name: string): string => `${registryPrefix}${name}.json`;

export async function saveJob(
  store: Store,
  { store: _secret, ...parameters }: Parameters,
  submittedBy: Submitter,
  now = new Date(),
): Promise<void> {
  const entry: JobEntry = { parameters, submittedAt: now.toISOString(), submittedBy };
  await store.put(keyOf(parameters.name), JSON.stringify(entry));
}

export async function loadJob(store: Store, name: string): Promise<JobEntry | undefined> {
  const text = await store.get(keyOf(name));
  return text === undefined ? undefined : (JSON.parse(text) as JobEntry);
}

/** All batch Jobs of the bucket, by name. */
export async function listJobs(store: Store): Promise<JobEntry[]> {
  const names: string[] = [];
  await store.list(registryPrefix, ({ key }) => {
    if (key.endsWith(".json")) names.push(key.slice(registryPrefix.length, -".json".length));
  });
  const entries = new Map<string, JobEntry>();
  await forEach(names, 16, async (name) => {
    const entry = await loadJob(store, name);
    if (entry) entries.set(name, entry);
  });
  return names.sort().flatMap((name) => entries.get(name) ?? []);
}

/** Whether an entry tells of other parameters than these. */
export const isOutdated = (entry: JobEntry | undefined, { store: _secret, ...parameters }: Parameters): boolean =>
  JSON.stringify(entry?.parameters) !== JSON.stringify(parameters);

/** An entry's parameters, with the bucket that it was found in. @throws {BatchError} when it was written by a version with other parameters. */
export function parametersOf({ parameters }: JobEntry, store: StoreSettings): Parameters {
  const result = parseParameters({ ...parameters, store });
  if (result.parameters) return result.parameters;
  const faults = result.faults.map(({ property, reason }) => `${property}: ${reason}`).join("; ");
  throw new BatchError(`${parameters.name}: its entry in the bucket is of another version (${faults}); submit it again`);
}
