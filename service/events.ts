import { type KubeClient } from "../kubernetes/client";

/** The same Event about the same object is not written again within this time, in milliseconds. */
const repeatAfter = 10 * 60_000;

export type EventType = "Normal" | "Warning";

/** An object that an Event is about. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  /** @default the object has none, as a node */
  readonly namespace?: string;
}

/** Writes Kubernetes Events. They are news, not state: one that cannot be written is only logged. */
export class Events {
  private readonly written = new Map<string, number>();

  /** @param reporter name of the program */
  constructor(
    private readonly client: Pick<KubeClient, "call">,
    private readonly reporter: string,
    private readonly onError: (message: string) => void,
    private readonly now: () => number = Date.now,
  ) {}

  /** Writes an Event about each of these objects. Returns true if it was new for any of them. */
  async tell(type: EventType, reason: string, message: string, objects: readonly ObjectReference[]): Promise<boolean> {
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

  private async write(type: EventType, reason: string, message: string, object: ObjectReference): Promise<void> {
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
