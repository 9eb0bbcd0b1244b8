import { connectionBroke } from "../connection";
import { doubling, retry } from "../retry";

/**
 * Reads JSON that OVHcloud shows to everybody, such as its catalogue; again where the connection breaks.
 *
 * @param signal ends it, all tries together
 * @throws with the status where the answer is an error
 */
export function readPublic(url: string, signal: AbortSignal): Promise<unknown> {
  const read = async (): Promise<unknown> => {
    const response = await fetch(url, { signal });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return response.json();
  };
  return retry(read, { tries: 4, pauses: doubling(200), again: connectionBroke, signal });
}
