import { mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { writeAtomic } from "../../lib/files";

/**
 * State in memory with an exact copy on disk. A change is made in memory and followed by {@link changed}; whoever must
 * not go on before it is safe awaits {@link flush}. Changes made while a write is under way go to disk together in the
 * next write, so a burst of changes costs two writes. The file is readable by its owner only, since it holds secrets.
 */
export class Store<T> {
  private dirty = false;
  private writing: Promise<void> | undefined;

  private constructor(
    private readonly file: string,
    readonly state: T,
  ) {}

  /** Reads the state from `file`, with what an older version did not keep taken from `initial`; starts with `initial` where there is none. */
  static open<T extends object>(file: string, initial: T): Store<T> {
    mkdirSync(dirname(file), { recursive: true });
    try {
      return new Store(file, { ...initial, ...(JSON.parse(readFileSync(file, "utf8")) as T) });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return new Store(file, initial);
      throw error;
    }
  }

  changed(): void {
    this.dirty = true;
    // A failed write is reported by flush(); without one waiting it must not end the process.
    this.write().catch(() => undefined);
  }

  /** Resolves once every change made so far is on disk. @throws when the disk refuses, e.g. because it is full */
  async flush(): Promise<void> {
    while (this.dirty || this.writing) await this.write();
  }

  private write(): Promise<void> {
    this.writing ??= this.writeOnce().finally(() => {
      this.writing = undefined;
      if (this.dirty && !this.failed) this.changed();
    });
    return this.writing;
  }

  private failed = false;

  private async writeOnce(): Promise<void> {
    await Promise.resolve(); // the changes of this turn go into one write
    this.dirty = false;
    try {
      await writeAtomic(this.file, JSON.stringify(this.state));
      this.failed = false;
    } catch (error) {
      this.dirty = true;
      this.failed = true;
      throw error;
    }
  }
}
