import { poll } from "../../common/poll";

/**
 * Waits until `check` holds.
 *
 * @param timeout milliseconds
 * @throws when it does not hold in time, and what `check` throws
 */
export async function until(
  what: string,
  check: () => boolean | Promise<boolean>,
  { timeout = 180_000, pause = 300 }: { timeout?: number; pause?: number } = {},
): Promise<void> {
  const overdue = (): never => {
    throw new Error(`${what}: not within ${timeout / 1000} s`);
  };
  await poll(async () => (await check()) || undefined, { timeout, pause, overdue });
}
