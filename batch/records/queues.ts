/** Which queues use a bucket: `batch/.jobs/queues/<name>.json`, written as their runs are recorded, so that these are found when cluster and ScaledJob are gone. */
import { registryPrefix } from "../storage/keys";
import { type Store } from "../storage/store";
import { readJson } from "../storage/stored-json";
import { type QueueSettings, readSettings } from "../spec/queue";

const prefix = `${registryPrefix}queues/`;
const keyOf = (name: string): string => `${prefix}${name}.json`;

/** Writes an entry, if it is not there as it is to be. */
export async function saveQueue(store: Store, settings: QueueSettings): Promise<void> {
  const key = keyOf(settings.name);
  const text = JSON.stringify(settings);
  if ((await store.get(key)) !== text) await store.put(key, text);
}

export const loadQueue = (store: Store, name: string): Promise<QueueSettings | undefined> =>
  readJson(store, keyOf(name), (value) => {
    const settings = readSettings(value);
    if (!settings) return "no settings of a queue";
    return settings.name === name ? undefined : `its name is '${settings.name}'`;
  });

/** Names of all queues of the bucket. */
export async function listQueues(store: Store): Promise<string[]> {
  const names: string[] = [];
  await store.list(prefix, ({ key }) => names.push(key.slice(prefix.length, -".json".length)));
  return names.sort();
}
