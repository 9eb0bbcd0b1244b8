/**
 * OVHcloud's bound on etcd: above it every write is refused, by etcd's own alarm, until there is less in it or it may hold more.
 * Imports nothing of the other folders of local/cluster.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../../common/errors";
import type { EtcdQuota } from "../../api/state/backends";
import type { EtcdClient, EtcdStatus } from "./etcd";

export interface EtcdQuotaOptions {
  readonly etcd: Pick<EtcdClient, "status" | "contents" | "setFull" | "cleanUp">;
  readonly quota: () => EtcdQuota;
  readonly say: (text: string) => void;
  /** Milliseconds between two looks. @default a second */
  readonly interval?: number;
  /** Milliseconds between two looks that cost much: at all objects, and those that clean up. @default 5 s */
  readonly costlyInterval?: number;
}

/**
 * Looks at etcd until `abort`. What it finds of a file, etcd itself raises the alarm for; but a full etcd refuses the API server's compactions with all
 * other writes, so it would stay full whatever is deleted: whoever runs it has to compact and defragment it, and to take the alarm back.
 */
export async function enforceEtcdQuota(options: EtcdQuotaOptions, abort: AbortSignal): Promise<void> {
  const { etcd, quota, say, interval = 1_000, costlyInterval = 5_000 } = options;
  let [next, seen] = [0, ""];
  /** Whether it is time for a look that costs much. As long as nobody writes or deletes anything, it would find what the last one has found. */
  const isDue = ({ revision }: EtcdStatus, bytes: number): boolean => {
    const found = `${revision} of ${bytes}`;
    if (Date.now() < next || found === seen) return false;
    [next, seen] = [Date.now() + costlyInterval, found];
    return true;
  };
  const setFull = async (status: EtcdStatus, isFull: boolean, used: number, bytes: number): Promise<void> => {
    await etcd.setFull(status, isFull);
    say(`etcd holds ${mebibytes(used)} of ${mebibytes(bytes)} MiB: writes are ${isFull ? "refused" : "accepted again"}`);
  };
  const look = async (): Promise<void> => {
    const { bytes, of } = quota();
    const status = await etcd.status();
    if (of === "file") {
      if (!status.isFull || !isDue(status, bytes)) return;
      // Before that, the file is no smaller than it was when it became full.
      await etcd.cleanUp(status);
      const { size } = await etcd.status();
      if (size < bytes) await setFull(status, false, size, bytes);
      return;
    }
    // There is more in use than the objects need.
    if (!status.isFull && status.inUse <= bytes) return;
    if (!isDue(status, bytes)) return;
    const used = await etcd.contents();
    if (used > bytes !== status.isFull) await setFull(status, used > bytes, used, bytes);
  };
  for (let said = ""; !abort.aborted; await sleep(interval, undefined, { signal: abort }).catch(() => undefined)) {
    try {
      await look();
      said = "";
    } catch (error) {
      const text = `etcd's quota could not be looked after: ${messageOf(error)}`;
      if (text !== said && !abort.aborted) say((said = text));
    }
  }
}

const mebibytes = (bytes: number): string => (bytes / 1024 ** 2).toFixed(1);
