import { type JobRef, type PodRef, type Pool } from "../state/model";
import { type KubeClient } from "../../kubernetes/client";

/** The same Event about the same object is not written again within this time, in milliseconds. */
const repeatAfter = 10 * 60_000;

/** A decision about a burst may concern thousands of Jobs, or pods; so many get an Event of their own. */
const maxJobs = 20;

export type EventType = "Normal" | "Warning";

interface InvolvedObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly namespace?: string;
}

/** Writes Kubernetes Events about pools, Jobs and pods. They are news, not state: one that cannot be written is only logged. */
export class Events {
  private readonly written = new Map<string, number>();

  constructor(
    private readonly client: KubeClient,
    private readonly reporter: string,
    private readonly onError: (message: string) => void,
    private readonly now: () => number = Date.now,
  ) {}

  /** Tells the pool, the Jobs and the pods of no Job that a decision concerns; answers whether anything of it was new. */
  async tell(
    type: EventType,
    reason: string,
    message: string,
    pool: Pool | undefined,
    jobs: readonly JobRef[],
    pods: readonly PodRef[] = [],
  ): Promise<boolean> {
    const objects: InvolvedObject[] = [
      ...(pool ? [{ apiVersion: "kube.cloud.ovh.com/v1alpha1", kind: "NodePool", name: pool.name, uid: pool.uid }] : []),
      ...jobs.slice(0, maxJobs).map((job) => ({ apiVersion: "batch/v1", kind: "Job", ...job })),
      ...pods.slice(0, maxJobs).map((pod) => ({ apiVersion: "v1", kind: "Pod", ...pod })),
    ];
    // What goes on for a while is told once, though its counts and times change with every decision.
    const said = type === "Warning" ? message.replace(/\d[\d.:TZ-]*/g, "#") : message;
    const fresh = objects.filter((object) => this.isNew(`${object.uid} ${reason} ${said}`));
    await Promise.all(fresh.map((object) => this.write(type, reason, message, object)));
    return fresh.length > 0;
  }

  private isNew(key: string): boolean {
    const now = this.now();
    for (const [old, at] of this.written) if (now - at > repeatAfter) this.written.delete(old);
    if (this.written.has(key)) return false;
    this.written.set(key, now);
    return true;
  }

  private async write(type: EventType, reason: string, message: string, object: InvolvedObject): Promise<void> {
    // Events about an object without a namespace live in "default".
    const namespace = object.namespace ?? "default";
    const time = new Date(this.now()).toISOString();
    const body = {
      apiVersion: "v1",
      kind: "Event",
      metadata: { generateName: `${object.name}.`, namespace },
      involvedObject: object,
      type,
      reason,
      message,
      source: { component: this.reporter },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    };
    try {
      await this.client.call({ method: "POST", path: `/api/v1/namespaces/${namespace}/events`, body });
    } catch (error) {
      this.onError(`writing an Event: ${(error as Error).message}`);
    }
  }
}
