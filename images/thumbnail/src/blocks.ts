import { setTimeout as sleep } from "node:timers/promises";
import { statusOf, type Storage, type StoredObject } from "./storage";

/** Bytes that are fetched at a time. */
export const blockSize = 1024 * 1024;

/** Blocks that are kept. ffmpeg comes back to a file's index, head and tail for every snippet. */
const kept = 16;

/** How often a block that could not be fetched is tried in all. */
const tries = 5;

/** Reads an object in blocks, and keeps those used last: however big it is, no more than 16 MiB of it are in memory. */
export class Blocks {
  private readonly blocks = new Map<number, Promise<Buffer>>();

  constructor(
    private readonly storage: Pick<Storage, "read">,
    private readonly object: StoredObject,
  ) {}

  /** The bytes from `position` to the end of its block. @throws what S3 last failed with */
  async from(position: number): Promise<Buffer> {
    const index = Math.floor(position / blockSize);
    const block = this.blocks.get(index) ?? this.fetch(index);
    this.blocks.delete(index);
    this.blocks.set(index, block);
    const [oldest] = this.blocks.keys();
    if (this.blocks.size > kept && oldest !== undefined) this.blocks.delete(oldest);
    try {
      return (await block).subarray(position - index * blockSize);
    } catch (error) {
      this.blocks.delete(index);
      throw error;
    }
  }

  private async fetch(index: number): Promise<Buffer> {
    const start = index * blockSize;
    const end = Math.min(start + blockSize, this.object.size) - 1;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.storage.read(this.object, { start, end });
      } catch (error) {
        // The SDK tries a request again, but not an answer that breaks off.
        if ((statusOf(error) ?? 500) < 500 || attempt >= tries) throw error;
        await sleep(100 * 2 ** attempt);
      }
    }
  }
}
