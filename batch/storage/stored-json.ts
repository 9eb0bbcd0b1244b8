/** Reading what this program has written into the bucket, where others may write, too. */
import { type Store } from "./store";

/**
 * An object's value, if there is one of the right shape. Whatever else is there counts as absent, and whoever opened the store is told.
 * @param faultOf what is wrong with a value; undefined: nothing
 */
export async function readJson<T>(store: Store, key: string, faultOf: (value: unknown) => string | undefined): Promise<T | undefined> {
  const text = await store.get(key);
  if (text === undefined) return undefined;
  let fault: string | undefined = "not JSON";
  try {
    const value = JSON.parse(text) as unknown;
    fault = faultOf(value);
    if (fault === undefined) return value as T;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  store.say(`${key} in the bucket is not what this program writes there, and counts as absent: ${fault}`);
  return undefined;
}
