/** Tells in a preview what an update would run, how long it would take and what it would cost. */
import { BatchError, describePreview, isScheduled, messageOf, plural, preview, listTasks } from "../../batch";
import { type Cluster } from "../../kubernetes/cluster";
import { nextRun } from "../../common/cron";
import { type Store } from "../../batch/storage/store";
import { type Inputs, idOf, parametersOf } from "./inputs";
import { hasUnknown } from "./values";

/** Bucket and cluster of a Job; either may not exist yet. */
interface Clients {
  readonly connect: (kubeconfig: string) => Cluster;
  readonly openStore: (settings: Inputs["store"], say?: (text: string) => void) => Store;
}

/**
 * Answers a function that tells it of a Job, once. It never fails, since bucket and cluster may be created by the same update; as long as there are inputs
 * that are not known, it says nothing.
 * @param patience how long it waits for a sign of bucket, cluster and price list, in milliseconds
 */
export function createForesight(
  clients: Clients,
  say: (inputs: Inputs, text: string, isPassing: boolean) => unknown,
  patience = 10_000,
): (inputs: Inputs) => Promise<void> {
  const told = new Set<string>();
  return async (inputs) => {
    if (hasUnknown(inputs) || told.has(idOf(inputs))) return;
    told.add(idOf(inputs));
    let over = false;
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(new BatchError(`no answer within ${patience / 1000} s`)), patience);
    });
    const sayProgress = (text: string) => {
      if (over) return;
      timer?.refresh();
      say(inputs, text, true);
    };
    try {
      await say(inputs, await Promise.race([foresee(inputs, clients, sayProgress), silence]), false);
    } catch (error) {
      await say(inputs, `what would run cannot be told yet: ${messageOf(error)}`, false);
    } finally {
      over = true;
      clearTimeout(timer);
    }
  };
}

async function foresee(inputs: Inputs, { connect, openStore }: Clients, say: (text: string) => void): Promise<string> {
  const parameters = parametersOf(inputs);
  const store = openStore(parameters.store, say);
  if (!isScheduled(parameters)) return describePreview(await preview(parameters, { store, cluster: connect(inputs.kubeconfig), say }));
  const { cron, timeZone } = parameters.schedule;
  const next = nextRun(cron, timeZone, new Date());
  const tasks = await listTasks(parameters, store);
  return `${plural(tasks.length, "task")} at each time of "${cron}" (${timeZone})${next ? `, next at ${next.toISOString()}` : ""}`;
}
