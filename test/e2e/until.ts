import { poll } from "../../common/poll";

/**
 * Waits until `check` holds. A look that fails is one at which it did not hold: on a busy machine a single call may go unanswered.
 *
 * @param timeout milliseconds
 * @throws when it does not hold in time, with what the last look that failed has thrown
 */
export async function until(
  what: string,
  check: () => boolean | Promise<boolean>,
  { timeout = 180_000, pause = 300 }: { timeout?: number; pause?: number } = {},
): Promise<void> {
  let fault: unknown;
  const look = async (): Promise<true | undefined> => {
    try {
      return (await check()) || undefined;
    } catch (error) {
      fault = error;
      return undefined;
    }
  };
  const overdue = (): never => {
    throw new Error(`${what}: not within ${timeout / 1000} s`, { cause: fault });
  };
  await poll(look, { timeout, pause, overdue });
}
