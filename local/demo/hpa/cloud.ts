import type { Progress } from "../../lib/progress";
import { type DemoCloud, startCloud } from "../cloud";

export type MetricsCloud = Pick<DemoCloud, "kubectl" | "env">;

/**
 * Brings the local cloud up with the metrics stack and its samples, and does nothing where it is up.
 *
 * @param flags settings of the local cloud
 * @param stackSettings of the Pulumi stack, by full key
 */
export async function startMetricsCloud(
  progress: Progress,
  flags: Record<string, unknown> = {},
  stackSettings: Record<string, unknown> = {},
): Promise<MetricsCloud> {
  const cloud = await startCloud(progress, { ...flags, metrics: "on" });
  await progress.step("pulumi up", () => cloud.up(stackSettings));
  return cloud;
}
