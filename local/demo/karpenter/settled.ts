/** Finds out when something has come to rest. */

/**
 * @param seconds that it must stay the same
 * @returns true once `text` has been the same for so long; to be called with each look
 */
export function createSettled(seconds: number): (text: string, at: number) => boolean {
  let last: string | undefined;
  let since = 0;
  return (text, at) => {
    if (text !== last) [last, since] = [text, at];
    return at - since >= seconds;
  };
}
