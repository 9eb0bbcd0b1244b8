import { setTimeout as sleep } from "node:timers/promises";
import { type Call, type KubeClient } from "./client";
import { ClusterError, unless } from "./cluster";

interface Lease {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly resourceVersion?: string };
  readonly spec: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}

/** Seconds for which the others leave a silent leader alone. */
const leaseSeconds = 15;

/** A leader that could not renew for so long acts no more: well before another may take over. Milliseconds. */
const renewDeadline = 10_000;

const period = 2_000;

/**
 * Leader election by a Lease: of several replicas one acts. Time is measured on this machine's own monotonic clock, from when a change of the
 * Lease was seen, so that clocks that differ between machines do no harm.
 * @see https://kubernetes.io/docs/concepts/architecture/leases/
 */
export class Election {
  private renewedAt = -Infinity;
  /** How often the Lease was taken, rather than renewed: between two of these times others may have led. */
  term = 0;
  private seen = { version: "", at: 0 };
  /** The Lease as the server has it while it is ours: then it is renewed without being read. */
  private held: Lease | undefined;

  /** @param identity the same for all lives of one pod: a restarted container takes its own Lease up at once */
  constructor(
    private readonly client: KubeClient,
    private readonly lease: { readonly namespace: string; readonly name: string; readonly identity: string },
    private readonly onChange: (leading: boolean) => void,
    private readonly onError: (message: string) => void,
  ) {}

  /** Whether this process may act now. */
  get leading(): boolean {
    return performance.now() - this.renewedAt < renewDeadline;
  }

  /** Takes part until the signal aborts, then lets the Lease go. */
  async run(signal: AbortSignal): Promise<void> {
    for (let was = false; !signal.aborted;) {
      const started = performance.now();
      try {
        if (await this.acquire(signal)) this.renewedAt = started;
        else this.renewedAt = -Infinity;
      } catch (error) {
        // 409 and 404: another replica was quicker. Whoever leads goes on until the deadline.
        if (!signal.aborted && !(error instanceof ClusterError && [404, 409].includes(error.status ?? 0)))
          this.onError(`leader election: ${(error as Error).message}`);
      }
      if (was !== this.leading) this.onChange((was = this.leading));
      await sleep(period, undefined, { signal }).catch(() => undefined);
    }
    if (this.leading) await this.release().catch((error: unknown) => this.onError(`releasing the lease: ${(error as Error).message}`));
    this.renewedAt = -Infinity;
  }

  private send(method: Call["method"], body?: object, signal?: AbortSignal): Promise<Lease> {
    const path = `/apis/coordination.k8s.io/v1/namespaces/${this.lease.namespace}/leases${method === "POST" ? "" : `/${this.lease.name}`}`;
    return this.client.call<Lease>({ method, path, body, tries: 1, silence: 5_000 }, signal);
  }

  /** Takes or renews the Lease. Returns true if it is ours. */
  private async acquire(signal: AbortSignal): Promise<boolean> {
    if (await this.renew(signal)) return true;
    const { namespace, name, identity } = this.lease;
    const now = timestamp();
    const lease = await unless([404], this.send("GET", undefined, signal));
    const ours = { holderIdentity: identity, leaseDurationSeconds: leaseSeconds, renewTime: now };
    if (!lease) {
      const body = {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name, namespace },
        spec: { ...ours, acquireTime: now, leaseTransitions: 0 },
      };
      this.held = await this.send("POST", body, signal);
      this.term += 1;
      return true;
    }
    const { holderIdentity: holder, leaseTransitions = 0 } = lease.spec;
    if (holder && holder !== identity && !this.expired(lease)) return false;
    const spec = holder === identity ? { ...lease.spec, ...ours } : { ...ours, acquireTime: now, leaseTransitions: leaseTransitions + 1 };
    this.held = await this.send("PUT", { ...lease, spec }, signal);
    if (holder !== identity) this.term += 1;
    return true;
  }

  /**
   * Renews the Lease without reading it, while it is ours. Returns false if it is not, or was changed or deleted meanwhile.
   * @see https://github.com/kubernetes/client-go/blob/master/tools/leaderelection/leaderelection.go
   */
  private async renew(signal: AbortSignal): Promise<boolean> {
    const lease = this.held;
    // Without an answer nobody knows what the server has: it is read next time.
    this.held = undefined;
    if (!lease) return false;
    const renewal = this.send("PUT", { ...lease, spec: { ...lease.spec, renewTime: timestamp() } }, signal);
    this.held = await unless([404, 409], renewal);
    return this.held !== undefined;
  }

  private expired(lease: Lease): boolean {
    const version = lease.metadata.resourceVersion ?? "";
    if (version !== this.seen.version) this.seen = { version, at: performance.now() };
    return performance.now() - this.seen.at > (lease.spec.leaseDurationSeconds ?? leaseSeconds) * 1000;
  }

  private async release(): Promise<void> {
    const lease = await this.send("GET");
    if (lease.spec.holderIdentity !== this.lease.identity) return;
    const spec = { ...lease.spec, holderIdentity: "", leaseDurationSeconds: 1 };
    await this.send("PUT", { ...lease, spec });
  }
}

/** The time as Kubernetes writes it into Leases, in microseconds. */
const timestamp = (): string => new Date().toISOString().replace("Z", "000Z");
