/** Where the book-keeping of batch Jobs is in the bucket. What tasks must not touch (components/storage/policy.ts) follows from it. */

/** Keys of the registry begin with it, wherever results go. */
export const registryPrefix = "batch/.jobs/";

/** Dumps of the stack's database are under it. */
export const backupsPrefix = "database-backups/";

/** Where records and results of a Job are, unless it says otherwise. */
export const defaultResultsPrefix = (name: string): string => `batch/${name}/`;

/** What of a Job's results prefix is its book-keeping and no result: two folders and two objects. Tasks cannot write it. */
export const bookkeeping = { records: "records/", logs: "logs/", summary: "summary.json", report: "report.html" } as const;

/** Returns true if an object is book-keeping of the Job with this results prefix. */
export const isBookkeeping = (key: string, resultsPrefix: string): boolean =>
  Object.values(bookkeeping).some((name) => (name.endsWith("/") ? key.startsWith(resultsPrefix + name) : key === resultsPrefix + name));
