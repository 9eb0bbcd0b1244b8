/** The logs of all attempts, kept in the bucket: pods vanish with their nodes, and their logs with them. */
import { bookkeeping } from "../../storage/keys";
import { type Store } from "../../storage/store";

export { LogKeeper, type KeptLog } from "./keeper";

/** Where the logs of a batch Job are. */
export const logsPrefix = (resultsPrefix: string): string => `${resultsPrefix}${bookkeeping.logs}`;

/** @param key a record's `logKey` */
export const readLog = (store: Store, key: string): Promise<string | undefined> => store.get(key);
