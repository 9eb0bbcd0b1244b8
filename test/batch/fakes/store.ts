import { createHash } from "node:crypto";
import { type Store } from "../../../batch/store";

/** An object store in memory, with conditional writes. */
export class FakeStore implements Store {
  readonly objects = new Map<string, string>();
  /** Every call, e.g. "get a/b". */
  readonly calls: string[] = [];
  /** Called before each call; throws to let it fail. */
  before: (call: string) => void = () => undefined;

  static etag = (text: string): string => `"${createHash("md5").update(text).digest("hex")}"`;

  async list(prefix: string, visit: Parameters<Store["list"]>[1]): Promise<void> {
    await this.called(`list ${prefix}`);
    for (const [key, text] of this.objects) {
      if (key.startsWith(prefix)) visit({ key, etag: FakeStore.etag(text), bytes: Buffer.byteLength(text) });
    }
  }

  async get(key: string): Promise<string | undefined> {
    await this.called(`get ${key}`);
    return this.objects.get(key);
  }

  async put(key: string, text: string, expected?: string): Promise<string | undefined> {
    await this.called(`put ${key}`);
    const present = this.objects.get(key);
    const holds =
      expected === undefined ||
      (expected === "absent" ? present === undefined : present !== undefined && FakeStore.etag(present) === expected);
    if (!holds) return undefined;
    this.objects.set(key, text);
    return FakeStore.etag(text);
  }

  private async called(call: string): Promise<void> {
    this.calls.push(call);
    await Promise.resolve();
    this.before(call);
  }
}
