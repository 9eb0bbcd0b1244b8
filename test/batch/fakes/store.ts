import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { sayingOnce, type Store } from "../../../batch/storage/store";

/** An object store in memory, with conditional writes. */
export class FakeStore implements Store {
  readonly objects = new Map<string, string>();
  say: Store["say"] = () => undefined;
  /** Every call, e.g. "get a/b". */
  readonly calls: string[] = [];
  /** Called before each call; throws to let it fail. */
  before: (call: string) => void = () => undefined;

  static etag = (text: string): string => `"${createHash("md5").update(text).digest("hex")}"`;

  /** @param say told what a user should know */
  open(say: (text: string) => void = () => undefined): this {
    this.say = sayingOnce(say);
    return this;
  }

  async list(prefix: string, visit: Parameters<Store["list"]>[1], onFolder?: (prefix: string) => void): Promise<void> {
    await this.called(`list ${prefix}`);
    const folders = new Set<string>();
    for (const [key, text] of this.objects) {
      if (!key.startsWith(prefix)) continue;
      const slash = key.indexOf("/", prefix.length);
      if (onFolder && slash >= 0) folders.add(key.slice(0, slash + 1));
      else visit({ key, etag: FakeStore.etag(text), bytes: Buffer.byteLength(text), modified: "2026-01-01T00:00:00.000Z" });
    }
    for (const folder of folders) onFolder?.(folder);
  }

  async get(key: string): Promise<string | undefined> {
    await this.called(`get ${key}`);
    return this.objects.get(key);
  }

  async getBytes(key: string): Promise<Buffer | undefined> {
    const text = await this.get(key);
    return text === undefined ? undefined : Buffer.from(text);
  }

  async download(key: string, file: string): Promise<boolean> {
    const text = await this.get(key);
    if (text !== undefined) await writeFile(file, text);
    return text !== undefined;
  }

  async put(key: string, content: string | Buffer, expected?: string): Promise<string | undefined> {
    const text = content.toString();
    await this.called(`put ${key}`);
    const present = this.objects.get(key);
    const holds =
      expected === undefined ||
      (expected === "absent" ? present === undefined : present !== undefined && FakeStore.etag(present) === expected);
    if (!holds) return undefined;
    this.objects.set(key, text);
    return FakeStore.etag(text);
  }

  async remove(key: string): Promise<void> {
    await this.called(`remove ${key}`);
    this.objects.delete(key);
  }

  private async called(call: string): Promise<void> {
    this.calls.push(call);
    await Promise.resolve();
    this.before(call);
  }
}
