/** Runs pieces of work, at most `limit` at a time, in the order of their submission. */
export class Queue {
  private running = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly all = new Set<Promise<void>>();
  private failure: { error: unknown } | undefined;

  constructor(private readonly limit: number) {}

  /** Starts `work`, now or when it is its turn. Its fault comes out of {@link drain}. */
  add(work: () => Promise<void>): void {
    const done = this.run(work)
      .catch((error: unknown) => void (this.failure ??= { error }))
      .finally(() => this.all.delete(done));
    this.all.add(done);
  }

  /** Resolves when all work is done. @throws the first fault of any of it. */
  async drain(): Promise<void> {
    while (this.all.size > 0) await Promise.all(this.all);
    this.check();
  }

  /** @throws the first fault of the work so far. */
  check(): void {
    if (this.failure) throw this.failure.error;
  }

  private async run(work: () => Promise<void>): Promise<void> {
    if (this.running >= this.limit) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running++;
    try {
      await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
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
