/** Copies the logs of pods that end into the bucket. */
import { type Cluster, ClusterError } from "../../../kubernetes/cluster";
import { Queue } from "../../../common/concurrency";
import { messageOf } from "../../../common/errors";
import { bookkeeping } from "../../storage/keys";
import { type Parameters } from "../../spec";
import { type Store } from "../../storage/store";

/** What an attempt's record tells of its log. */
export interface KeptLog {
  readonly logKey?: string;
  /** Last lines of a failed attempt's log, or why a log could not be kept. */
  readonly log?: string;
}

/** A pod that has ended. */
export interface EndedPod {
  readonly name: string;
  readonly node?: string;
  readonly failed: boolean;
}

/** Bytes of a log that are kept, from its end, and lines that a record holds of a failed attempt's, of at most so many bytes. */
const keptBytes = 4 * 2 ** 20;
const tail = { lines: 40, bytes: 16 * 1024 };

/** Logs on their way at a time; each may be as long as the limit. */
const parallel = 8;

/** How long a node that did not give a log is not asked again, in milliseconds, and how many such nodes in a row mean that none does. */
const silence = 60_000;
const hopeless = 8;

export class LogKeeper {
  private readonly queue = new Queue(parallel);
  /** Nodes whose kubelet did not answer, with the time at which they may be asked again. */
  private readonly silent = new Map<string, number>();
  private inARow = 0;
  private hopelessUntil = 0;
  /** Whether a pod's log is asked for to see whether nodes give theirs again. The others do not wait for what comes of it. */
  private probing = false;
  private forbidden: string | undefined;

  constructor(
    private readonly cluster: Cluster,
    private readonly store: Store,
    private readonly parameters: Pick<Parameters, "namespace" | "resultsPrefix">,
    private readonly now: () => number = Date.now,
  ) {}

  /** Copies a pod's log. What cannot be read is told in the answer: it is never a reason to fail, or to wait for long. */
  keep(pod: EndedPod, fingerprint: string): Promise<KeptLog> {
    return new Promise((resolve) =>
      this.queue.add(async () => {
        try {
          resolve(await this.copy(pod, fingerprint));
        } catch (error) {
          resolve({ log: `(the log could not be kept: ${messageOf(error)})` });
        }
      }),
    );
  }

  /** Resolves when no log is on its way. */
  drain(): Promise<void> {
    return this.queue.drain();
  }

  private async copy({ name, node = "", failed }: EndedPod, fingerprint: string): Promise<KeptLog> {
    const { namespace, resultsPrefix } = this.parameters;
    const isProbe = this.check(node);
    const log = await this.read(namespace, name, node).finally(() => {
      if (isProbe) this.probing = false;
    });
    const logKey = `${resultsPrefix}${bookkeeping.logs}${fingerprint}/${name}.log`;
    await this.store.put(logKey, log);
    return failed ? { logKey, log: tailOf(log) } : { logKey };
  }

  /**
   * Returns whether the log is asked for to see whether any can be had again.
   * @throws when it is known that the log will not be had: thousands of pods may have ended on nodes that are gone
   */
  private check(node: string): boolean {
    if (this.forbidden !== undefined) throw new Error(this.forbidden);
    const isHopeless = this.inARow >= hopeless;
    if (isHopeless && (this.probing || this.hopelessUntil > this.now())) throw new Error("no node gives its logs");
    if ((this.silent.get(node) ?? 0) > this.now()) throw new Error(`the node ${node} does not give its logs`);
    if (isHopeless) this.probing = true;
    return isHopeless;
  }

  private async read(namespace: string, pod: string, node: string): Promise<Buffer> {
    try {
      const log = await this.cluster.log(namespace, pod, keptBytes);
      this.inARow = 0;
      return log;
    } catch (error) {
      const status = error instanceof ClusterError ? error.status : undefined;
      if (status === 403) this.forbidden = messageOf(error);
      // 404: the pod is gone, and 400: its container never ran; neither is the node's fault.
      else if (status !== 404 && status !== 400) {
        this.silent.set(node, this.now() + silence);
        if (++this.inARow >= hopeless) this.hopelessUntil = this.now() + silence;
      }
      throw error;
    }
  }
}

/** The last lines, without a line that is cut. */
function tailOf(log: Buffer): string {
  const cut = log.length > tail.bytes;
  const lines = log.subarray(-tail.bytes).toString().split("\n");
  const ended = lines.at(-1) === "" ? 1 : 0;
  return lines
    .slice(cut && lines.length > 1 ? 1 : 0)
    .slice(-(tail.lines + ended))
    .join("\n");
}
