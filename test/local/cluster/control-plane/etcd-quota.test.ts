import type { EtcdQuota } from "../../../../local/api/state/backends";
import { enforceEtcdQuota } from "../../../../local/cluster/control-plane/etcd-quota";
import { waitUntil } from "../../../../local/lib/wait";

const MiB = 1024 ** 2;

/** An etcd with objects of 90 MiB, whose past fills its file beside them until it is cleaned up. It raises its own alarm when the file is too big. */
class FakeEtcd {
  readonly said: string[] = [];
  readonly calls: string[] = [];
  away = false;
  private revision = 1;
  private objects = 90 * MiB;
  private size = 90 * MiB;
  private isFull = false;

  constructor(
    public quota: EtcdQuota,
    private readonly file = Infinity,
  ) {}

  /** Adds objects, or deletes some. */
  write(bytes: number): boolean {
    if (!this.isFull && bytes > 0 && this.size + bytes > this.file) this.isFull = true;
    if (this.isFull && bytes > 0) return false;
    this.revision++;
    this.objects += bytes;
    this.size += Math.max(0, bytes);
    return true;
  }

  status() {
    if (this.away) return Promise.reject(new Error("connect ENOENT"));
    return Promise.resolve({ memberId: "7", revision: String(this.revision), size: this.size, inUse: this.size, isFull: this.isFull });
  }

  contents(): Promise<number> {
    this.calls.push("contents");
    return Promise.resolve(this.objects);
  }

  setFull({ memberId }: { memberId: string }, isFull: boolean): Promise<void> {
    expect(memberId).toBe("7");
    this.isFull = isFull;
    return Promise.resolve();
  }

  cleanUp({ revision }: { revision: string }): Promise<void> {
    expect(revision).toBe(String(this.revision));
    this.calls.push("clean up");
    this.size = this.objects;
    return Promise.resolve();
  }

  /** Looks at it until `check` holds. */
  async until(check: () => boolean): Promise<void> {
    const abort = new AbortController();
    const say = (text: string): void => void this.said.push(text);
    const done = enforceEtcdQuota({ etcd: this, quota: () => this.quota, say, interval: 1, costlyInterval: 2 }, abort.signal);
    const came = await waitUntil(check, 5_000, 1);
    abort.abort();
    await done;
    expect(came).toBe(true);
  }

  async for(milliseconds: number): Promise<void> {
    const end = Date.now() + milliseconds;
    await this.until(() => Date.now() > end);
  }
}

describe("where objects are counted", () => {
  const shared = (bytes = 100 * MiB) => new FakeEtcd({ bytes, of: "objects" });

  test("writes are refused above the quota, until some are deleted", async () => {
    const etcd = shared();
    etcd.write(20 * MiB);
    await etcd.until(() => !etcd.write(1));
    expect(etcd.said).toEqual(["etcd holds 110.0 of 100.0 MiB: writes are refused"]);
    etcd.write(-30 * MiB);
    await etcd.until(() => etcd.write(1));
    expect(etcd.said.at(-1)).toBe("etcd holds 80.0 of 100.0 MiB: writes are accepted again");
  });

  test("more nodes let it hold more, though no write shows that anything has changed", async () => {
    const etcd = shared();
    etcd.write(20 * MiB);
    await etcd.until(() => etcd.said.length === 1);
    const running = etcd.until(() => etcd.said.length === 2);
    setTimeout(() => (etcd.quota = { bytes: 125 * MiB, of: "objects" }), 20);
    await running;
    expect(etcd.said.at(-1)).toBe("etcd holds 110.0 of 125.0 MiB: writes are accepted again");
  });

  test("their past does not count, and they are read only if it could be too much, and if anything has changed", async () => {
    const etcd = shared();
    await etcd.for(20);
    expect(etcd.calls).toEqual([]);
    etcd.write(9 * MiB);
    etcd.write(-9 * MiB);
    etcd.write(9 * MiB);
    await etcd.for(20);
    expect(etcd.calls).toEqual(["contents"]);
    expect(etcd.said).toEqual([]);
  });
});

describe("where the file is counted", () => {
  const own = () => new FakeEtcd({ bytes: 100 * MiB, of: "file" }, 100 * MiB);

  test("a full one takes writes again once something is deleted, and that is cleaned up", async () => {
    const etcd = own();
    etcd.write(10 * MiB);
    expect(etcd.write(1)).toBe(false);
    etcd.write(-30 * MiB);
    await etcd.until(() => etcd.write(1));
    expect(etcd.calls).toEqual(["clean up"]);
    expect(etcd.said).toEqual(["etcd holds 70.0 of 100.0 MiB: writes are accepted again"]);
  });

  test("one that is too full even without its past stays so", async () => {
    const etcd = new FakeEtcd({ bytes: 80 * MiB, of: "file" }, 80 * MiB);
    expect(etcd.write(1)).toBe(false);
    await etcd.for(40);
    expect(etcd.calls).toEqual(["clean up"]);
    expect(etcd.write(1)).toBe(false);
  });

  test("one that is not full is left alone", async () => {
    const etcd = own();
    etcd.write(10 * MiB);
    await etcd.for(20);
    expect([etcd.calls, etcd.said]).toEqual([[], []]);
  });
});

test("an etcd that is away is told once, and looked at again", async () => {
  const etcd = new FakeEtcd({ bytes: 100 * MiB, of: "objects" });
  etcd.away = true;
  await etcd.for(30);
  expect(etcd.said).toEqual(["etcd's quota could not be looked after: connect ENOENT"]);
  etcd.away = false;
  etcd.write(20 * MiB);
  await etcd.until(() => etcd.said.length === 2);
});
