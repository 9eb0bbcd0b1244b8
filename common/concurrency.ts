/** Runs pieces of work, at most `limit` at a time, in the order of their submission. There may be thousands: one that waits is no more than its function. */
export class Queue {
  private running = 0;
  private readonly waiting: (() => Promise<void>)[] = [];
  private readonly drained: (() => void)[] = [];
  private failure: { error: unknown } | undefined;

  constructor(private readonly limit: number) {}

  /** Starts `work`, now or when it is its turn. Its fault comes out of {@link drain}. */
  add(work: () => Promise<void>): void {
    if (this.running < this.limit) void this.run(work);
    else this.waiting.push(work);
  }

  /** Resolves when all work is done. @throws the first fault of any of it. */
  async drain(): Promise<void> {
    while (this.running > 0) await new Promise<void>((resolve) => this.drained.push(resolve));
    this.check();
  }

  /** @throws the first fault of the work so far. */
  check(): void {
    if (this.failure) throw this.failure.error;
  }

  private async run(work: () => Promise<void>): Promise<void> {
    this.running++;
    for (let next: typeof work | undefined = work; next; next = this.waiting.shift()) {
      try {
        await next();
      } catch (error) {
        this.failure ??= { error };
      }
    }
    this.running--;
    if (this.running === 0) for (const resolve of this.drained.splice(0)) resolve();
  }
}

/** Applies `work` to all items, at most `limit` at a time. */
export async function forEach<T>(items: Iterable<T>, limit: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = new Queue(limit);
  for (const item of items) queue.add(() => work(item));
  await queue.drain();
}

/** Does `work` at the first call, and answers with what came of it at every call. */
export function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => (result ??= work());
}
