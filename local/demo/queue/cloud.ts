import type { Progress } from "../../lib/progress";
import type { UpOutcome } from "../../pulumi/stack";
import { type DemoCloud, startCloud } from "../cloud";
import type { Kubectl } from "../kubectl";
import { Orders, orderQueue } from "./orders";

export interface QueueCloud extends Pick<DemoCloud, "kubectl" | "env"> {
  readonly orders: Orders;
  /** Updates the stack. @param queue settings of the queue besides the sample's; null takes it out of the stack */
  readonly up: (queue?: Record<string, unknown> | null) => Promise<UpOutcome>;
}

/**
 * Brings the local cloud up with KEDA, a database and the queue `orders`, and does nothing where it is up. The queue's tables are not there yet.
 *
 * @param flags settings of the local cloud
 * @param stackSettings of the Pulumi stack, by full key
 */
export async function startQueueCloud(
  progress: Progress,
  flags: Record<string, unknown> = {},
  stackSettings: Record<string, unknown> = {},
  queue: Record<string, unknown> = {},
): Promise<QueueCloud> {
  const cloud = await startCloud(progress, { ...flags, keda: "scaled-jobs", database: "on" });
  const up: QueueCloud["up"] = (changed = queue) =>
    cloud.up({ "ovh-mks-batch:queues": changed === null ? {} : { orders: { ...orderQueue, ...changed } }, ...stackSettings });
  await progress.step("pulumi up", () => up());
  const kubectl: Kubectl = (args, options) => cloud.kubectl(["--request-timeout=30s", ...args], options);
  return { kubectl, env: cloud.env, orders: new Orders(kubectl), up };
}
