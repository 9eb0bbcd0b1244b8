/** How the last run of each batch Job that the controller finished has ended: for those who were not there. */
import { registryPrefix } from "../storage/keys";
import { type Store } from "../storage/store";
import { readJson } from "../storage/stored-json";

const statuses = ["complete", "failed", "unfinished"] as const;

export interface JobEnd {
  readonly status: (typeof statuses)[number];
  /** Why it did not come to its end. */
  readonly reason?: string;
  /** When; ISO 8601 in UTC. */
  readonly at: string;
}

const keyOf = (job: string): string => `${registryPrefix}ends/${job}.json`;

export const saveEnd = async (store: Store, job: string, end: JobEnd): Promise<void> => {
  await store.put(keyOf(job), JSON.stringify(end));
};

export const loadEnd = (store: Store, job: string): Promise<JobEnd | undefined> =>
  readJson(store, keyOf(job), (value) => {
    const { status, reason, at } = (value ?? {}) as Partial<Record<keyof JobEnd, unknown>>;
    const fits =
      statuses.some((one) => one === status) &&
      (reason === undefined || typeof reason === "string") &&
      !Number.isNaN(Date.parse(String(at)));
    return fits ? undefined : "no end of a Job";
  });
