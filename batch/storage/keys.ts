/** Where the book-keeping of batch Jobs is in the bucket. What tasks must not touch (components/storage/policy.ts) follows from it. */

/** Keys of the registry begin with it, wherever results go. */
export const registryPrefix = "batch/.jobs/";

/** Where records and results of a Job are, unless it says otherwise. */
export const defaultResultsPrefix = (name: string): string => `batch/${name}/`;

/** What of a Job's results prefix is its book-keeping and no result: two folders and an object. */
export const bookkeeping = { records: "records/", logs: "logs/", summary: "summary.json" } as const;
