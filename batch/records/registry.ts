/** Which batch Jobs use a bucket: `batch/.jobs/<name>.json` says how each was last launched, so that another process or machine can ask for it by name. */
import * as z from "zod";
import { timestamp } from "../../common/text";
import { forEach } from "../../common/concurrency";
import { BatchError } from "../../common/errors";
import { registryPrefix } from "../storage/keys";
import { type Parameters, parseParameters } from "../spec";
import { type StoreSettings, type Store } from "../storage/store";
import { fields } from "../spec/fields";
import { readJson } from "../storage/stored-json";

const submitters = ["pulumi", "mks-batch"] as const;

export type Submitter = (typeof submitters)[number];

export interface JobEntry {
  /** All but `store`, whose keys are secret. As they are in the bucket: {@link parametersOf} checks those that lists do not show. */
  readonly parameters: Omit<Parameters, "store">;
  /** When it was last launched, or its parameters changed; ISO 8601 in UTC. */
  readonly submittedAt: string;
  readonly submittedBy: Submitter;
  /** Id of the Pulumi resource that has the Job now, if one has: when another is deleted, the Job stays. */
  readonly owner?: string;
}

/** What of an entry is used without {@link parametersOf}. */
const entrySchema = z.looseObject({
  parameters: z.looseObject({
    name: fields.shape.name,
    namespace: fields.shape.namespace.unwrap(),
    resultsPrefix: fields.shape.resultsPrefix.unwrap(),
    schedule: fields.shape.schedule,
  }),
  submittedAt: z.iso.datetime(),
  submittedBy: z.enum(submitters),
  owner: z.string().optional(),
});

const keyOf = (name: string): string => `${registryPrefix}${name}.json`;

/** @param owner undefined: the owner that the entry has stays */
export async function saveJob(
  store: Store,
  { store: _secret, ...parameters }: Parameters,
  submittedBy: Submitter,
  owner?: string,
  now = new Date(),
): Promise<void> {
  const kept = owner ?? (await loadJob(store, parameters.name))?.owner;
  const entry: JobEntry = { parameters, submittedAt: timestamp(now), submittedBy, ...(kept !== undefined && { owner: kept }) };
  await store.put(keyOf(parameters.name), JSON.stringify(entry));
}

/** The Job's entry, if there is one. */
export const loadJob = (store: Store, name: string): Promise<JobEntry | undefined> =>
  // As it was written, with its own order of keys: isOutdated compares texts.
  readJson(store, keyOf(name), (value) => {
    const result = entrySchema.safeParse(value);
    if (!result.success) return result.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
    const { parameters } = result.data;
    return parameters.name === name ? undefined : `its name is '${parameters.name}'`;
  });

/** All batch Jobs of the bucket, by name. */
export async function listJobs(store: Store): Promise<JobEntry[]> {
  const names: string[] = [];
  // In folders there is other book-keeping, such as submissions and notices.
  await store.list(
    registryPrefix,
    ({ key }) => {
      if (key.endsWith(".json")) names.push(key.slice(registryPrefix.length, -".json".length));
    },
    () => undefined,
  );
  const entries = new Map<string, JobEntry>();
  await forEach(names, 16, async (name) => {
    const entry = await loadJob(store, name);
    if (entry) entries.set(name, entry);
  });
  return names.sort().flatMap((name) => entries.get(name) ?? []);
}

/** Whether an entry tells of other parameters than these, or of another owner. */
export const isOutdated = (entry: JobEntry | undefined, { store: _secret, ...parameters }: Parameters, owner?: string): boolean =>
  JSON.stringify(entry?.parameters) !== JSON.stringify(parameters) || (owner !== undefined && entry?.owner !== owner);

/** Whether another Pulumi resource has taken the Kubernetes objects of a Job over, as when a resource was renamed in the program. */
export const isTakenOver = (
  entry: JobEntry | undefined,
  { namespace }: Pick<Parameters, "namespace">,
  owner: string | undefined,
): boolean => entry?.owner !== undefined && entry.owner !== owner && entry.parameters.namespace === namespace;

/** An entry's parameters, with the bucket that it was found in. @throws {BatchError} when it was written by a version with other parameters. */
export function parametersOf({ parameters }: JobEntry, store: StoreSettings): Parameters {
  const result = parseParameters({ ...parameters, store });
  if (result.parameters) return result.parameters;
  const faults = result.faults.map(({ property, reason }) => `${property}: ${reason}`).join("; ");
  throw new BatchError(`${parameters.name}: its entry in the bucket is of another version (${faults}); submit it again`);
}
