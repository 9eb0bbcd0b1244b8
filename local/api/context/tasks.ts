interface Task {
  readonly controller: AbortController;
  readonly done: Promise<void>;
}

/** Work in the background, at most one at a time for each key. */
export class Tasks {
  private readonly running = new Map<string, Task>();
  private closed = false;

  /** @param onError told of what a task did not handle itself */
  constructor(private readonly onError: (key: string, error: unknown) => void) {}

  /** Starts `work` unless the key has a task already, or the tasks are closed. */
  start(key: string, work: (signal: AbortSignal) => Promise<void>): void {
    if (this.closed || this.running.has(key)) return;
    const controller = new AbortController();
    const task: Task = {
      controller,
      done: Promise.resolve()
        .then(() => work(controller.signal))
        .finally(() => this.running.delete(key)),
    };
    this.running.set(key, task);
    task.done.catch((error: unknown) => {
      if (!controller.signal.aborted) this.onError(key, error);
    });
  }

  has(key: string): boolean {
    return this.running.has(key);
  }

  abort(key: string): void {
    this.running.get(key)?.controller.abort();
  }

  /** Aborts the key's task and waits for its end; answers whether there was one. */
  async cancel(key: string): Promise<boolean> {
    const task = this.running.get(key);
    if (!task) return false;
    task.controller.abort();
    await task.done.catch(() => undefined);
    return true;
  }

  /** Aborts every task; no new one starts. */
  close(): void {
    this.closed = true;
    for (const task of this.running.values()) task.controller.abort();
  }

  /** Resolves when nothing runs, not even what the tasks started in turn. */
  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.allSettled([...this.running.values()].map((task) => task.done));
  }
}
