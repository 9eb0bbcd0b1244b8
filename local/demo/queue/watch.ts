import { poll } from "../../../common/poll";
import { UserError } from "../../lib/errors";
import type { Kubectl } from "../kubectl";
import type { Counts, Orders } from "./orders";

/** How a queue and what works on it stand at one moment. */
export interface Sample extends Counts {
  /** Seconds since the start. */
  readonly at: number;
  /** Jobs that have not ended. */
  readonly jobs: number;
  readonly runningPods: number;
  readonly waitingPods: number;
  /** Nodes of the pool. */
  readonly nodes: number;
}

/** Milliseconds between two samples. */
const interval = 1_000;

export interface Item {
  readonly kind: string;
  readonly status?: { readonly phase?: string; readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

const ended = ({ status }: Item): boolean =>
  status?.conditions?.some(({ type, status }) => (type === "Complete" || type === "Failed") && status === "True") ?? false;

/** @param items Jobs, pods and nodes */
export function sampleOf(items: readonly Item[], counts: Counts, at: number): Sample {
  const of = (kind: string, holds: (item: Item) => boolean = () => true): number =>
    items.filter((item) => item.kind === kind && holds(item)).length;
  return {
    ...counts,
    at,
    jobs: of("Job", (job) => !ended(job)),
    runningPods: of("Pod", ({ status }) => status?.phase === "Running"),
    waitingPods: of("Pod", ({ status }) => status?.phase === "Pending"),
    nodes: of("Node"),
  };
}

/** Looks at the queue of a pool until `done`. @param timeout milliseconds @throws {UserError} after that */
export async function watchQueue(
  { kubectl, orders, pool }: { readonly kubectl: Kubectl; readonly orders: Orders; readonly pool: string },
  done: (sample: Sample) => boolean,
  { start, timeout, onSample }: { readonly start: number; readonly timeout: number; readonly onSample: (sample: Sample) => void },
): Promise<void> {
  let last: Sample | undefined;
  const look = async (): Promise<true | undefined> => {
    // The Jobs of the queue, their pods, and the nodes have this label.
    const listed = kubectl(["--namespace", "batch", "get", "jobs,pods,nodes", "--selector", `nodepool=${pool}`, "--output", "json"]);
    const [text, counts] = await Promise.all([listed, orders.counts()]);
    last = sampleOf((JSON.parse(text) as { items: Item[] }).items, counts, (Date.now() - start) / 1000);
    onSample(last);
    return done(last) || undefined;
  };
  const overdue = (): never => {
    throw new UserError(`The queue is not done after ${timeout / 1000} s: ${JSON.stringify(last)}. See \`mks-batch status orders\`.`);
  };
  await poll(look, { timeout, pause: interval, overdue });
}
