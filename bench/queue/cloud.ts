import { type QueueCloud, startQueueCloud } from "../../local/demo/queue/cloud";
import { onOwnCloud } from "../harness/cloud";

/** Two real nodes of two CPUs for runs, and one for all else. */
export const pools = { system: { maxNodes: 1 }, compute: { flavor: "c2-7", minNodes: 2, desiredNodes: 2, maxNodes: 2 } };

interface Parts {
  /** Settings of the local cloud. */
  readonly flags?: Record<string, unknown>;
  /** Of the stack, by full key. */
  readonly stackSettings?: Record<string, unknown>;
  /** Settings of the sample queue. */
  readonly queue?: Record<string, unknown>;
}

/** Measures on a local cloud with KEDA and a database. */
export const onQueueCloud = <T>(
  say: (line: string) => void,
  { flags, stackSettings, queue }: Parts,
  measure: (cloud: QueueCloud) => Promise<T>,
): Promise<T> =>
  onOwnCloud(say, async (progress) =>
    measure(await startQueueCloud(progress, { realNodes: 3, ...flags }, { "ovh-mks-batch:pools": pools, ...stackSettings }, queue)),
  );
