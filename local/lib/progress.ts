/** Where long work says what it is doing: one line a step, and a sign of life at least every few seconds. */
export interface Progress {
  /** One line of progress. */
  readonly say: (text: string) => void;
  /** Runs `work` as a named step: says when it starts and ends, and every 5 s in between, with what `status` answers. */
  step<T>(name: string, work: () => Promise<T>, status?: () => string): Promise<T>;
}

/** How often a running step shows that it is alive, in milliseconds. */
const heartbeat = 5_000;

const since = (start: number): string => `${((Date.now() - start) / 1000).toFixed(1)} s`;

export function createProgress(write: (line: string) => void = (line) => console.log(line)): Progress {
  return {
    say: write,
    async step(name, work, status) {
      const start = Date.now();
      write(`${name} …`);
      const timer = setInterval(() => {
        const detail = status?.();
        write(`${name} … ${detail ? `${detail}, ` : ""}${Math.round((Date.now() - start) / 1000)} s`);
      }, heartbeat);
      try {
        const result = await work();
        write(`${name}: done in ${since(start)}`);
        return result;
      } catch (error) {
        write(`${name}: failed after ${since(start)}`);
        throw error;
      } finally {
        clearInterval(timer);
      }
    },
  };
}
